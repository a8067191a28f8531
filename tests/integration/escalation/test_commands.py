"""`fiveplusn whistle-rules`, against the running service."""

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from ops.embedded.processes import StackError
from tests.integration.escalation.town import requested
from tests.support.commands import reached, run
from tests.support.running import Running

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
DEFAULTS = Path("config/whistles.yaml")


async def test_rules_are_tried_on_what_is_open(here: Running, tmp_path: Path) -> None:
    await requested(here)
    rules = yaml.safe_load(DEFAULTS.read_text())  # noqa: ASYNC240
    rules["versions"][0]["rules"].insert(
        0, {"name": "first", "when": {"groups": ["物业管理"]}, "lead": "town-enforcement"}
    )
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(yaml.safe_dump(rules, allow_unicode=True))
    async with reached(here, tmp_path) as data:
        done = await asyncio.to_thread(run, "whistle-rules", "dry-run", str(candidate), "--data", data)
        assert done.exit_code == 0, done.output
        assert "未解决的吹哨事项 1 件，与现行规则不同的 1 件。" in done.output
        assert "综合行政执法队" in done.output
        asked = ("whistle-rules", "dry-run", str(DEFAULTS), "--json", "--data", data)
        found = json.loads((await asyncio.to_thread(run, *asked)).output)
        assert (found["issues"], found["changed"], found["differences"]) == (1, 0, [])


def test_rules_are_checked_without_a_running_system(tmp_path: Path) -> None:
    good = run("whistle-rules", "check", str(DEFAULTS))
    assert (good.exit_code, good.output.startswith("2019-01-01：")) == (0, True)
    rules = yaml.safe_load(DEFAULTS.read_text())
    rules["versions"][0]["rules"][0]["lead"] = "nobody"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(yaml.safe_dump(rules, allow_unicode=True))
    found = run("whistle-rules", "check", str(wrong))
    assert isinstance(found.exception, StackError)
    assert "/versions/0/rules/0/lead 没有这个单位：nobody" in found.exception.words
