"""The measurement itself: it runs, small, and says everything it should. How fast this machine is, is nobody's promise."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.bench.orders import BYTES, bodies
from ops.bench.report import PARTS
from ops.cli import application
from ops.embedded.stack import SERVICES
from services.intake.domain.asked import NewComplaint, WorkOrder

NOW = datetime(2024, 2, 1, tzinfo=UTC)


def test_the_same_numbers_are_the_same_orders_each_of_another_person():
    some = bodies(300, until=NOW)
    assert some == bodies(300, until=NOW)
    assert some[200:] == bodies(100, until=NOW, first=200)
    orders = [WorkOrder.model_validate_json(body) for body in some]
    assert len({order.complainant.phone for order in orders}) == len({order.number for order in orders}) == 300
    assert abs(sum(map(len, some)) / len(some) - BYTES) < BYTES * 0.1
    assert all(NewComplaint.model_validate_json(body) for body in some)


@pytest.mark.timeout(900)
def test_the_bench_measures_every_part_and_says_on_what(tmp_path: Path):
    file = tmp_path / "bench.json"
    ran = CliRunner().invoke(
        application(), ["bench", "--orders", "500", "--json", str(file), "--data", str(tmp_path / "data")]
    )
    assert ran.exit_code == 0, ran.output
    found = json.loads(file.read_text())
    assert found["http_create"].keys() == {"1", "8", "32"}
    for seen in found["http_create"].values():
        assert seen.keys() == {"per_s", "p50_ms", "p99_ms"}
        assert 0 < seen["p50_ms"] <= seen["p99_ms"]
    for name in ("http_bare_per_s", "pipeline_per_s", "bare_per_s", "ratio", "relay_per_s", "start_s"):
        assert found[name] > 0, name
    assert found["rss_mb"].keys() == set(SERVICES)
    assert found["parts_per_s"].keys() == PARTS.keys()
    assert all(value > 0 for value in found["parts_per_s"].values())
    assert found["views_ms"].keys() >= {"list", "overdue", "text, staff", "originals, nowhere", "complaint", "follow"}
    assert found["views_ms"]["export, CSV"]["rows"] > 100
    assert found["views_ms"]["export, CSV"]["rows_per_s"] > 0
    assert all(0 < seen["p50_ms"] <= seen["p99_ms"] for seen in found["views_ms"].values())
    assert 0 < found["sse_ms"]["p50"] <= found["sse_ms"]["p99"]
    assert found["journeys_ms"].keys() == {"complaint", "topic", "complaint, page", "topic, page", "topic, print"}
    assert all(0 < seen["p50_ms"] <= seen["p99_ms"] for seen in found["journeys_ms"].values())
    assert found["machine"].keys() >= {"cores", "python", "postgresql", "broker"}
