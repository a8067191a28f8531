"""`fiveplusn rates` and `fiveplusn dispatch-rules`, against the running service."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from ops.embedded.processes import StackError
from shared.rules.township import SHANGHAI
from tests.integration.intake.town import UNIT, Town
from tests.support.commands import reached, run

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
DEFAULTS = Path("config/dispatch.yaml")
PUBLISHED = datetime(2024, 2, 22, tzinfo=SHANGHAI)


async def test_rates_are_verified_and_the_exit_code_says_whether_they_hold(here: Town, tmp_path: Path) -> None:
    await here.received("1", 1)
    await here.at(PUBLISHED)
    async with reached(here, tmp_path) as data:
        good = await asyncio.to_thread(run, "rates", "verify", "--month", "2024-02", "--data", data)
        assert (good.exit_code, good.output.strip()) == (0, "2024-02：共 1 版，与日志一致。")
        await here.service.pool.execute("alter table rate_figures disable trigger rate_figures_append_only")
        await here.service.pool.execute("update rate_figures set received = 0 where by = 'unit'")
        bad = await asyncio.to_thread(run, "rates", "verify", "--month", "2024-02", "--data", data)
        assert bad.exit_code == 1
        assert "与日志计算的不一致" in bad.output


async def test_rules_are_tried_on_the_past(here: Town, tmp_path: Path) -> None:
    id = await here.received("1", 1)
    await here.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    asked = ("dispatch-rules", "dry-run", str(DEFAULTS), "--from", "2024-02-01", "--until", "2024-02-02")
    async with reached(here, tmp_path) as data:
        done = await asyncio.to_thread(run, *asked, "--data", data)
        assert done.exit_code == 0, done.output
        assert "诉求 1 件，与现行规则不同的 0 件。" in done.output
        assert "试算命中率：首次派单 100.0%，最终主办 100.0%。" in done.output
        found = json.loads((await asyncio.to_thread(run, *asked, "--json", "--data", data)).output)
        assert found["hits"]["now"] == {"dispatched": 1, "first": 1, "last": 1, "first_rate": 100.0, "last_rate": 100.0}


def test_rules_are_checked_without_a_running_system(tmp_path: Path) -> None:
    good = run("dispatch-rules", "check", str(DEFAULTS))
    assert (good.exit_code, good.output.startswith("2019-01-01：")) == (0, True)
    rules = yaml.safe_load(DEFAULTS.read_text())
    rules["versions"][0]["rules"][0]["lead"] = "nobody"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(yaml.safe_dump(rules, allow_unicode=True))
    for file, content, words in (
        (wrong, None, "/versions/0/rules/0/lead 没有这个单位：nobody"),
        (tmp_path / "none.yaml", None, "找不到派单规则"),
        (tmp_path / "broken.yaml", b"versions: [", "不是有效的 YAML"),
        (tmp_path / "gb.yaml", "名称: 规则".encode("gb18030"), "不是有效的 YAML"),
        (tmp_path / "empty.yaml", b"", "派单规则有误"),
    ):
        if content is not None:
            file.write_bytes(content)
        found = run("dispatch-rules", "check", str(file))
        assert isinstance(found.exception, StackError)
        assert words in found.exception.words
