"""`docs/<service>-rules.md` is true: every fact stands in it, and what it names exists."""

import ast
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

from shared.events.base import Fact
from shared.events.catalogue import facts


@dataclass(frozen=True)
class Page:
    """The rules of one service. `shared`: domain modules that refuse for others; at least so many of each are named."""

    service: str
    shared: frozenset[str]
    tests: int
    functions: int
    codes: int

    @cached_property
    def text(self) -> str:
        return Path(f"docs/{self.service}-rules.md").read_text()

    @property
    def rows(self) -> list[str]:
        lines = self.text.splitlines()
        return [line for line in lines if line.startswith("| ") and not line.startswith(("| fact", "| default"))]

    @property
    def named_tests(self) -> list[tuple[str, str]]:
        return sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", self.text)))

    @property
    def named_functions(self) -> list[tuple[str, str]]:
        return sorted(set(re.findall(r"`([a-z_]+)\.([a-z_]+)`(?=[ ,|])", self.text)))

    @property
    def refusals(self) -> list[str]:
        """Of the modules that the page names; whatever else decides in the service has a page of its own."""
        named = self.shared | {module for module, _ in self.named_functions}
        modules = sorted(Path(f"services/{self.service}/domain").glob("*.py"))
        source = "".join(path.read_text() for path in modules if path.stem in named)
        return sorted(set(re.findall(r'(?:Reason\(|_if\([^"]*?,)\s*"([a-z_]+)"', source)))


INTAKE = Page("intake", frozenset({"standing"}), tests=100, functions=40, codes=30)
DELIBERATION = Page("deliberation", frozenset({"named"}), tests=120, functions=50, codes=80)
ESCALATION = Page("escalation", frozenset({"issue", "duty"}), tests=100, functions=35, codes=45)
PROJECTS = Page("projects", frozenset({"project"}), tests=90, functions=40, codes=55)
PAGES = (INTAKE, DELIBERATION, ESCALATION, PROJECTS)
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.service)


@cache
def functions(file: Path) -> set[str]:
    found = ast.walk(ast.parse(file.read_text()))
    return {node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(
    ("page", "fact"),
    [(page, fact) for page in PAGES for fact in facts() if fact.said_by == page.service],
    ids=lambda one: one.service if isinstance(one, Page) else one.__name__,
)
def test_every_fact_has_a_row(page: Page, fact: type[Fact]) -> None:
    assert any(f"`{fact.__name__}`" in row for row in page.rows)


@pages
def test_every_row_names_its_tests_and_every_test_exists(page: Page) -> None:
    assert [row for row in page.rows if "tests/" not in row] == []
    assert [test for test in page.named_tests if test[1] not in functions(Path(test[0]))] == []
    assert len(page.named_tests) > page.tests


@pages
def test_every_rule_function_exists(page: Page) -> None:
    places = [Path(f"services/{page.service}"), Path(f"services/{page.service}/domain")]
    missing = [
        (module, name)
        for module, name in page.named_functions
        if not any(name in functions(place / f"{module}.py") for place in places if (place / f"{module}.py").exists())
    ]
    assert missing == []
    assert len(page.named_functions) > page.functions


@pages
def test_every_reason_for_which_a_rule_refuses_is_told(page: Page) -> None:
    assert [code for code in page.refusals if f"`{code}`" not in page.text] == []
    assert len(page.refusals) > page.codes
