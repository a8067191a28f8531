"""What the boards say by code and by definition reads in English, too."""

import re
from collections.abc import Iterator

import pytest

from services.dashboard.pages import meetings, projects, whistles
from services.dashboard.pages.words import LANGUAGES
from services.deliberation.domain.figures import DEFINITIONS as OF_MEETINGS
from services.escalation.domain.figures import DEFINITIONS as OF_WHISTLES
from services.projects.domain.figures import DEFINITIONS as OF_PROJECTS
from shared.events.deliberation import ConclusionKind, MeetingForm
from shared.events.escalation import DutyRole, SupervisionLevel
from shared.events.vocabulary import WhistleKind
from shared.rules.naming import STATES, words_of

TEMPLATES = meetings.__file__.replace("meetings.py", "templates/")
QUOTED = re.compile(r'"([a-z_]+)"')


def shown_figures(template: str) -> set[str]:
    """The figures whose meaning a template offers."""
    with open(f"{TEMPLATES}{template}.html", encoding="utf-8") as file:
        calls = re.findall(r"boards\.meaning\(definitions, (.+?), \"[a-z-]+\"\) }}", file.read())
    return {figure for call in calls for figure in QUOTED.findall(call)}


def said() -> Iterator[str]:
    for words in STATES.values():
        yield from words.values()
    for words in (ConclusionKind, MeetingForm, SupervisionLevel, DutyRole, WhistleKind):
        yield from words_of(words).values()
    yield from (*whistles.STEPS.values(), *projects.TAGS.values(), *projects.CATEGORIES.values())
    yield from (*projects.TURNS.values(), projects.MAINTAINED[1], *(step for _, step in projects.WAITS.values()))
    for figure in shown_figures("meetings"):
        yield from OF_MEETINGS[figure]
    for figure in {*shown_figures("whistles"), *whistles.PUNCTUAL, *whistles.SCORES}:
        name, _, meaning = OF_WHISTLES[figure]
        yield from (name, meaning)
    for figure in shown_figures("projects_frame"):
        name, _, meaning = OF_PROJECTS[figure]
        yield from (name, meaning)


@pytest.mark.parametrize("text", sorted(set(said())))
def test_it_has_its_english(text: str) -> None:
    assert LANGUAGES["en"].known.get(text)


def test_figures_are_found_in_the_templates() -> None:
    assert {"attendance", "in_time_rate"} <= shown_figures("meetings")
    assert {"called", "justified"} <= shown_figures("whistles")
    assert {"spent_yuan", "before_complaints"} <= shown_figures("projects_frame")


def test_every_state_has_a_sign_and_a_tone() -> None:
    assert set(meetings.SIGNS) == set(meetings.TONES) == set(STATES["month"])
    assert {*projects.WAITS, "CLOSED"} == set(projects.WAY)
