"""Clocks that are wrong, and clocks that jump: only the town's clock, the database's, decides what is due."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from tests.support.pair import Pair, until
from tests.support.sample import box_id

SECONDS = 3


def fake_clock(file: Path, offset: str) -> dict[str, str]:
    """An environment in which the wall clock is wrong by what the file says; the monotonic clock is right."""
    file.write_text(offset)
    spec = find_spec("libfaketime")
    assert spec is not None and spec.origin is not None
    return {
        "LD_PRELOAD": str(Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def jump(file: Path, offset: str) -> None:
    """At once and as a whole: a half-written file would be read as another clock."""
    fresh = file.with_suffix(".new")
    fresh.write_text(offset)
    fresh.replace(file)


async def close_boxes(pair: Pair, door: str, first: int, count: int = 5) -> None:
    """Open boxes that shut by themselves after a few seconds."""
    async with pair.client() as client:
        for n in range(first, first + count):
            url = f"{pair.urls[door]}/boxes/{box_id(n)}/closing"
            (await client.post(url, json={"seconds": SECONDS})).raise_for_status()


async def check_shut_in_time(pair: Pair, boxes: int) -> None:
    """Every box was shut once, not before its time; and its time was counted from when it was opened."""

    async def all_shut() -> bool:
        rows = await pair.query("sample", "select count(*) as n from boxes where state = 'SHUT'")
        return rows[0]["n"] == boxes

    await until(all_shut, f"{boxes} boxes are shut")
    rows = await pair.query(
        "sample",
        "select b.closes_at, o.recorded_at as opened, o.occurred_at as dated, s.recorded_at as shut, "
        "(select count(*) from journal j where j.stream = b.id) as facts "
        "from boxes b join journal o on o.stream = b.id and o.type like '%.BoxOpened.%' "
        "join journal s on s.stream = b.id and s.type like '%.BoxShut.%'",
    )
    assert len(rows) == boxes
    for row in rows:
        assert row["facts"] == 2
        assert abs(row["dated"] - row["opened"]) < timedelta(minutes=1)
        assert row["shut"] >= row["closes_at"]
        assert row["shut"] - row["opened"] < timedelta(minutes=2)


async def test_two_processes_with_wrong_clocks_fire_every_deadline_once_and_in_time(pair: Pair, tmp_path: Path) -> None:
    ahead, behind = tmp_path / "ahead", tmp_path / "behind"
    pair.start("sample", environment=fake_clock(ahead, "+2d"))
    pair.start("sample", replica=1, environment=fake_clock(behind, "-2d"))
    await pair.ready("sample")
    await pair.ready("sample-1")
    await asyncio.gather(close_boxes(pair, "sample", 0), close_boxes(pair, "sample-1", 10))
    jump(ahead, "+5m")
    jump(behind, "+2d")
    await asyncio.gather(close_boxes(pair, "sample", 20), close_boxes(pair, "sample-1", 30))
    jump(behind, "-5m")
    await close_boxes(pair, "sample-1", 40)
    await check_shut_in_time(pair, 25)
    for name in ("sample", "sample-1"):
        assert abs(await wrong_by(pair, name)) > 200  # the clocks really were wrong


async def wrong_by(pair: Pair, name: str) -> float:
    """How far the process' own clock is from the database's, as its log shows."""
    whole = pair.children[name].log.read_text().rpartition("\n")[0]
    lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    return (datetime.fromisoformat(lines[-1]["timestamp"]) - datetime.now(UTC)).total_seconds()
