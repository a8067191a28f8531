"""`docs/intake-rules.md` is true: every fact stands in it, and what it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from shared.events.base import Fact
from shared.events.catalogue import facts

PAGE = Path("docs/intake-rules.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| fact", "| default"))]
FACTS = [fact for fact in facts() if fact.said_by == "intake"]
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
FUNCTIONS = sorted(set(re.findall(r"`([a-z]+)\.([a-z_]+)`(?=[ ,|])", PAGE)))
NAMED = {"standing"} | {module for module, _ in FUNCTIONS}
DOMAIN = "".join(path.read_text() for path in sorted(Path("services/intake/domain").glob("*.py")) if path.stem in NAMED)
CODES = sorted(set(re.findall(r'Reason\(\s*"([a-z_]+)"', DOMAIN)))
"""Of the modules that the page names; whatever else decides in intake has a page of its own."""


@cache
def functions(file: Path) -> set[str]:
    found = ast.walk(ast.parse(file.read_text()))
    return {node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_every_fact_has_a_row(fact: type[Fact]) -> None:
    assert any(f"`{fact.__name__}`" in row for row in ROWS)


def test_every_row_names_its_tests_and_every_test_exists() -> None:
    assert [row for row in ROWS if "tests/" not in row] == []
    assert [test for test in TESTS if test[1] not in functions(Path(test[0]))] == []
    assert len(TESTS) > 100


def test_every_rule_function_exists() -> None:
    places = [Path("services/intake"), Path("services/intake/domain")]
    missing = [
        (module, name)
        for module, name in FUNCTIONS
        if not any(name in functions(place / f"{module}.py") for place in places if (place / f"{module}.py").exists())
    ]
    assert missing == []
    assert len(FUNCTIONS) > 40


def test_every_reason_for_which_a_rule_refuses_is_told() -> None:
    assert [code for code in CODES if f"`{code}`" not in PAGE] == []
    assert len(CODES) > 30
