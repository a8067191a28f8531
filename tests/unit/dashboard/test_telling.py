"""What facts say, in words: every field and every word of a list has its name, ids are links or nothing, money is money."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from inspect import isclass
from pathlib import Path
from typing import get_args
from uuid import UUID

import pytest
import yaml
from pydantic import BaseModel

from services.dashboard.pages.telling import LABELS, WORDS, Shown, Stream, Telling
from services.dashboard.pages.words import LANGUAGES
from services.deliberation.domain import wording as deliberation
from services.escalation.domain import wording as escalation
from services.intake.domain import wording as intake
from services.projects.domain import wording as projects
from shared.events.base import Fact, derived, ref
from shared.events.catalogue import facts
from shared.events.projects import Deadline, PlannedMilestone, ProjectApproved, ProjectVoted
from shared.rules.township import SHANGHAI, Town

AT = datetime(2024, 2, 1, 9, tzinfo=SHANGHAI)
TOPIC = ref("topic", derived("test", "topic"))
ZH = {"community": "dahuichang", "category": "WATER", "place": None}


TOWN = Town.model_validate(yaml.safe_load(Path("config/township.yaml").read_text("utf-8"))["town"])


@pytest.fixture
def telling() -> Telling:
    return Telling(LANGUAGES["zh"], TOWN)


def models() -> Iterator[tuple[type[BaseModel], str, object]]:
    """Every class of a fact or of a part of one, with each field and the plain types in it."""
    waiting: list[type[BaseModel]] = list(facts())
    seen: set[type[BaseModel]] = set()
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        for name, field in model.model_fields.items():
            types = [field.annotation]
            while types:
                found = types.pop()
                yield model, name, found
                if isclass(found) and issubclass(found, BaseModel):
                    waiting.append(found)
                types.extend(get_args(found))


def lists() -> set[type[StrEnum]]:
    return {found for _, _, found in models() if isclass(found) and issubclass(found, StrEnum)}


def say(telling: Telling, fact: Fact, at: datetime = AT) -> tuple[dict[str, Shown], dict[str, Shown]]:
    return telling.fields(fact.kind, type(fact).__name__, fact.model_dump(mode="json"), at, {})


def test_every_field_of_every_fact_has_a_chinese_name() -> None:
    never_shown = {name for _, name, found in models() if found is UUID}
    assert {name for _, name, _ in models()} - never_shown == set(LABELS)
    assert all(re.search("[\u3400-\u9fff]", label) for label in LABELS.values())


def test_every_word_of_every_list_has_its_chinese() -> None:
    assert {(of, word.value) for of in lists() for word in of} == set(WORDS)


@pytest.mark.parametrize("service", [intake, deliberation, escalation, projects])
def test_the_services_say_it_in_the_same_words(service: object) -> None:
    named = service.named  # type: ignore[attr-defined]
    compared = 0
    for of in lists():
        for word in of:
            try:
                said = named(word)
            except KeyError:
                continue
            compared += 1
            assert WORDS[of, word.value] == said
    assert compared > 20


def test_money_days_and_links_as_people_read_them(telling: Telling) -> None:
    approved = ProjectApproved(
        sources=(TOPIC,),
        batch=ref("batch", derived("test", "batch")),
        unit="district-water",
        post="科长",
        budget_yuan=1_250_000,
        start_on=AT.date(),
        deadline=Deadline(finish_on=AT.date() + timedelta(days=90), warn_at=AT, version=1),
        milestones=(PlannedMilestone(public_title="管线入场", due_on=AT.date()),),
    )
    read, folded = say(telling, approved)
    assert read["资金"] == "1,250,000 元"
    assert read["计划开工"] == "2024年2月1日"
    assert read["完成期限"] == {"完成期限": "2024年5月1日"}
    assert read["里程碑"] == [{"标题": "管线入场", "计划日期": "2024年2月1日"}]
    assert read["承办单位" if "承办单位" in read else "单位"] == telling.code("district-water")
    assert isinstance(read["项目批次"], Stream)
    assert folded["来源"] == [TOPIC]
    assert "自筹资金" not in read  # nothing was said of it


def test_a_conclusion_is_counted(telling: Telling) -> None:
    read, _ = say(telling, ProjectVoted(held_on=AT.date(), in_favour=41, against=3, abstained=0))
    assert read == {"日期": "2024年2月1日", "赞成": "41", "反对": "3", "弃权": "0"}


def test_what_a_stream_is_about_is_read_once(telling: Telling) -> None:
    said: dict[str, object] = {}
    routed = ZH | {"complaint": TOPIC, "wanted": "TOPIC"}
    first, _ = telling.fields("route", "ComplaintRouted", routed, AT, said)
    again, folded = telling.fields("route", "ComplaintRouted", routed, AT, said)
    moved, _ = telling.fields("route", "ComplaintRouted", routed | {"category": "PARKING"}, AT, said)
    assert first["分类"] == telling.code("WATER")
    assert "分类" not in again
    assert folded["分类"] == telling.code("WATER")
    assert moved["分类"] == telling.code("PARKING")


def test_the_time_of_the_fact_itself_is_not_said_twice(telling: Telling) -> None:
    data = {"lead": "district-water", "accepted_at": AT.isoformat(), "late": False}
    assert "时间" not in telling.fields("complaint", "ComplaintAccepted", data, AT, {})[0]
    late = AT + timedelta(hours=2)
    assert telling.fields("complaint", "ComplaintAccepted", data, late, {})[0]["时间"] == "2024年2月1日9:00"


def test_a_flag_is_read_when_it_is_set(telling: Telling) -> None:
    for late, shown in ((True, "是"), (False, None)):
        data = {"lead": "district-water", "accepted_at": AT.isoformat(), "late": late}
        assert telling.fields("complaint", "ComplaintAccepted", data, AT, {})[0].get("逾期") == shown


def test_parties_are_never_persons(telling: Telling) -> None:
    member = f"member/{derived('test', 'member')}"
    for party, shown in (
        ("seat/3", "物业公司"),
        (member, "N方代表"),
        ("unit/district-water", telling.code("district-water")),
    ):
        read, _ = telling.fields("meeting", "InvitationAccepted", {"party": party}, AT, {})
        assert read == {"参会方": shown}


def test_an_id_alone_is_not_shown(telling: Telling) -> None:
    data = {"applicant": str(derived("test", "applicant")), "applicant_kind": "RESIDENT"}
    assert telling.fields("meeting", "JoinRequested", data, AT, {}) == ({"申请人类别": "居民"}, {})


def test_of_a_newer_fact_or_field_the_name_is_shown_folded(telling: Telling) -> None:
    assert telling.fields("complaint", "Newer", {"a_field": "x"}, AT, {}) == ({}, {"a_field": "x"})
    read, folded = telling.fields("complaint", "SupportUnitAdded", {"unit": "district-water", "depth": 3}, AT, {})
    assert (read, folded) == ({"单位": telling.code("district-water")}, {"depth": "3"})
    assert telling.fields("complaint", "SupportUnitAdded", {"unit": 7}, AT, {}) == ({}, {"unit": "7"})


def test_in_english_the_words_of_the_contract_stand() -> None:
    english = Telling(LANGUAGES["en"], TOWN)
    assert english.heading("complaint", "ComplaintReceived") == "Complaint received"
    assert english.subject("undertaking") == "Undertaking"
    assert english.who("officer:district-water")[0] == "Department"
    read, _ = say(english, ProjectVoted(held_on=AT.date(), in_favour=41, against=3, abstained=0))
    assert read == {"Held on": "1 Feb 2024", "In favour": "41", "Against": "3", "Abstained": "0"}


def test_a_limit_at_midnight_is_the_end_of_the_day_before(telling: Telling) -> None:
    assert telling.until(datetime(2024, 3, 30, tzinfo=SHANGHAI)) == "2024年3月29日 24:00"
    assert telling.until(AT) == "2024年2月1日9:00"
