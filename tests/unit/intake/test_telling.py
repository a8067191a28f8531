"""What is said of each fact, and that every configured text fits it."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.intake.domain.complaint import Complaint, evolve
from services.intake.domain.telling import NEUTRAL, OFFERED, REASONS, STAGES, TOLD, News, tell
from services.intake.following import follow_code
from services.intake.telling import CODE, mobile
from shared.events.intake import (
    CallbackRecorded,
    CloseGround,
    ComplainantContacted,
    ComplaintClosed,
    ComplaintDeadlineNear,
    ComplaintDeadlineRecounted,
    ComplaintFact,
    ComplaintListed,
    ComplaintProgressed,
    ContactManner,
    ListingReason,
)
from shared.events.vocabulary import DisclosureStage, ProgressStep, Satisfaction
from shared.plumbing.notices.words import SMS_PART, Templates
from tests.unit.intake.builders import DAY, LEAD, START, TOWN, dispatched, received

TEXTS = Templates.load(
    Path("config/notices.yaml"), "intake", TOWN.name, {name: words | {CODE} for name, words in OFFERED.items()}
)
LONGEST = {
    "code": "ZZZZ-ZZZZ-ZZZZ-ZZZZ",
    "unit": "城乡建设与环境保护办公室",
    "due": "12月28日18时",
    "review": "12月28日18时",
    "callback": "12月28日18时",
    "reason": max(REASONS.values(), key=len),
    "stage": max(STAGES.values(), key=len),
}


def a_complaint(*, confidential: bool = False) -> Complaint:
    return replace(evolve(None, received()), confidential=confidential)


def step(step: ProgressStep, stage: DisclosureStage | None = None, via: int = 1) -> ComplaintProgressed:
    return ComplaintProgressed(
        step=step, cause=f"project/{UUID(int=7)}", via=f"route/{UUID(int=via)}", stage=stage, note="某人的话"
    )


def test_a_registration_is_told_as_of_when_it_came_in() -> None:
    assert tell(received(), a_complaint(), town=TOWN) == News("registered", of=START)


def test_a_dispatch_names_the_unit_and_the_due_date() -> None:
    fact = dispatched()
    assert tell(fact, a_complaint(), town=TOWN) == News("dispatched", {"unit": "社区建设办公室"}, {"due": fact.due_at})


def test_a_listing_gives_its_reason_in_words_and_its_review() -> None:
    fact = ComplaintListed(
        reason=ListingReason.HISTORICAL,
        listed_at=START,
        review_by=START + 30 * DAY,
        ends_by=START + 365 * DAY,
        rest_seconds=0,
        deadline_version=2,
    )
    assert tell(fact, a_complaint(), town=TOWN) == News(
        "listed", {"reason": "属历史遗留问题"}, {"review": START + timedelta(days=30)}
    )


def test_only_the_first_contact_is_told() -> None:
    facts = [
        ComplainantContacted(unit=LEAD, contacted_at=START, manner=ContactManner.PHONE, first=first, late=False)
        for first in (True, False)
    ]
    assert [tell(fact, a_complaint(), town=TOWN) for fact in facts] == [
        News("contacted", {"unit": "社区建设办公室"}),
        None,
    ]


def test_a_step_elsewhere_has_one_cause_however_many_ways_lead_from_it_and_a_stage_is_a_step_of_its_own() -> None:
    def cause(fact: ComplaintFact) -> str | None:
        news = tell(fact, a_complaint(), town=TOWN)
        assert news is not None
        return news.once

    pooled = step(ProgressStep.PROJECT_DISCLOSED, DisclosureStage.POOLED)
    other_way = step(ProgressStep.PROJECT_DISCLOSED, DisclosureStage.POOLED, via=2)
    approved = step(ProgressStep.PROJECT_DISCLOSED, DisclosureStage.APPROVED)
    assert cause(pooled) == cause(other_way) != cause(approved)


def test_a_due_date_that_was_told_and_is_counted_anew_is_told_anew_and_one_that_stands_is_not() -> None:
    moved = ComplaintDeadlineRecounted(due_at=START + 2 * DAY, deadline_version=2, instead_of=START + DAY)
    same = moved.model_copy(update={"instead_of": moved.due_at})
    assert tell(moved, a_complaint(), town=TOWN) == News("recounted", {}, {"due": START + 2 * DAY})
    assert tell(same, a_complaint(), town=TOWN) is None


def test_what_concerns_the_unit_only_and_what_staff_noted_is_not_told() -> None:
    silent: list[ComplaintFact] = [
        step(ProgressStep.HANDLING),
        step(ProgressStep.LISTING_PROPOSED),
        ComplaintDeadlineNear(percent=50, due_at=START, deadline_version=1, lead=LEAD),
        CallbackRecorded(
            called_at=START, valid=True, contacted=True, resolved=True, satisfaction=Satisfaction.SATISFIED
        ),
    ]
    assert [tell(fact, a_complaint(), town=TOWN) for fact in silent] == [None] * 4
    news = tell(step(ProgressStep.ISSUE_RESOLVED), a_complaint(), town=TOWN)
    assert news is not None
    assert news.words == {}


def test_of_a_confidential_complaint_every_fact_is_told_in_the_same_empty_words() -> None:
    facts = [received(), dispatched(), ComplaintClosed(ground=CloseGround.SATISFIED, closed_at=START)]
    for fact in facts:
        news = tell(fact, a_complaint(confidential=True), town=TOWN)
        assert news is not None
        assert (news.notice, news.words, news.moments) == (NEUTRAL, {}, {})
    assert tell(step(ProgressStep.HANDLING), a_complaint(confidential=True), town=TOWN) is None


@pytest.mark.parametrize("name", OFFERED)
def test_every_notice_has_a_text_that_fits_into_one_short_message_and_begins_with_its_sender(name: str) -> None:
    text = TEXTS.render(name, {word: LONGEST[word] for word in OFFERED[name] | {CODE}})
    assert text is not None
    assert text.startswith("【北宫镇】")
    assert len(text) <= SMS_PART
    assert LONGEST[CODE] in text


def test_every_fact_that_is_told_has_been_thought_of() -> None:
    assert len(TOLD) == len(set(TOLD)) == 15
    assert all(issubclass(fact, ComplaintFact) for fact in TOLD)


def test_the_manual_lists_every_notice_with_its_words() -> None:
    listed = re.findall(r"^\| `([a-z_]+)` \| ([^|]*)\|", Path("docs/notices.md").read_text(), re.MULTILINE)
    found = {name: frozenset(re.findall(r"`([a-z]+)`", words)) for name, words in listed if name in OFFERED}
    assert found == OFFERED


def test_a_follow_code_is_the_same_for_ever_and_needs_the_key() -> None:
    id = UUID(int=1 << 120)
    code = follow_code(bytes(32), id)
    assert code == follow_code(bytes(32), id)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    assert len({code, follow_code(bytes(32), UUID(int=2 << 120)), follow_code(bytes([1] * 32), id)}) == 3


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("19900000001", "+8619900000001"),
        ("+86 199-0000-0001", "+8619900000001"),
        ("0086(199)00000001", "+8619900000001"),
        ("010-12345678", None),
        ("+44 7911 123456", None),
        ("+1 999 0000 0001", None),
        ("29900000001", None),
        ("12345", None),
        (None, None),
    ],
)
def test_only_a_mobile_number_of_this_country_gets_a_short_message(written: str | None, number: str | None) -> None:
    assert mobile(written) == number
