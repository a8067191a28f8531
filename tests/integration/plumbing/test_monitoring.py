"""Alerts, dashboard and manual speak of metrics that a real service has, and every alert has its instructions."""

import json
import re
import runpy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml
from prometheus_client.parser import text_string_to_metric_families

from services.escalation.main import PLAN as ESCALATION
from services.intake.main import PLAN
from tests.support.pair import until
from tests.support.running import OPERATOR, Running, live, lively, running
from tests.support.servers import Server, moment

ALERTS = [
    rule
    for group in yaml.safe_load(Path("deploy/prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads(Path("deploy/grafana/dashboards/fiveplusn.json").read_text())
MANUAL = Path("docs/operations.md").read_text()
NAME = re.compile(r"\b(?:fiveplusn|process|python)_[a-z_]+")


@pytest_asyncio.fixture(loop_scope="session")
async def intake(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    async with running(postgres, tmp_path, PLAN, moment("2024-02-01T00:00:00")) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="session")
async def escalation(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    async with running(postgres, tmp_path, ESCALATION, moment("2024-02-01T00:00:00")) as service:
        yield service


async def exported(*services: Running) -> set[str]:
    """The names of everything that a scrape of these may have, with the endings of counters and histograms."""
    texts = [(await service.call("GET", "/metrics", OPERATOR)).text for service in services]
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {
        family.name + ending
        for text in texts
        for family in text_string_to_metric_families(text)
        for ending in endings.get(family.type, ("",))
    }


async def test_every_metric_of_alerts_and_dashboard_is_exported(intake: Running, escalation: Running) -> None:
    expressions = [rule["expr"] for rule in ALERTS]
    expressions += [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
    named = {name for expression in expressions for name in NAME.findall(expression)}
    assert len(named) > 20
    assert named - await exported(intake, escalation) == set()


async def test_the_manual_lists_every_metric_of_ours(intake: Running, escalation: Running) -> None:
    ours = {name for name in await exported(intake, escalation) if name.startswith("fiveplusn_")}
    listed = set(re.findall(r"^\| `(fiveplusn_[a-z_]+)", MANUAL, re.MULTILINE))
    assert listed == {re.sub(r"_(bucket|sum|count)$", "", name) for name in ours}


async def test_a_background_task_that_died_is_seen(postgres: Server, tmp_path: Path) -> None:
    async with live(Running, postgres, tmp_path, PLAN, moment("2024-02-01T00:00:00"), lively) as intake:
        alive = 'fiveplusn_up{part="timers"} '
        assert alive + "1.0" in (await intake.call("GET", "/metrics", OPERATOR)).text
        intake.service.tasks._tasks["timers"].cancel()

        async def seen() -> bool:
            return alive + "0.0" in (await intake.call("GET", "/metrics", OPERATOR)).text

        await until(seen, "the scrape says that the timers have ended")


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_has_its_section_in_the_manual(rule: dict) -> None:  # type: ignore[type-arg]
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert (page, anchor) == ("docs/operations.md", rule["alert"].lower())
    [section] = re.findall(rf"^### {rule['alert']}\n(.*?)(?=^##|\Z)", MANUAL, re.MULTILINE | re.DOTALL)
    for word in ("**Means**", "**Look**", "**Do**", "**Over**"):
        assert word in section
    assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary"])


def test_every_alert_is_tested() -> None:
    tests = Path("deploy/prometheus/alerts_test.yml").read_text()
    assert [rule["alert"] for rule in ALERTS if f'alertname="{rule["alert"]}"' not in tests] == []


def test_the_dashboard_is_what_its_script_makes() -> None:
    made = runpy.run_path("deploy/grafana/make.py")["dashboard"]()
    assert made == DASHBOARD
    assert {panel["datasource"]["uid"] for panel in made["panels"] if panel["type"] != "row"} == {"${source}"}
    assert len({panel["id"] for panel in made["panels"]}) == len(made["panels"])
