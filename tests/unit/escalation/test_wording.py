"""用语: every fact has a heading and says what it says in Chinese; how late something is."""

import re
from datetime import timedelta

import pytest
from hypothesis import given as every
from hypothesis import strategies as st

from services.escalation.domain import reporting
from services.escalation.domain.asked import Because
from services.escalation.domain.wording import HEADINGS, lateness, length, named, words
from shared.events import escalation as said
from shared.events.base import Fact, ref
from shared.events.escalation import DeadlineMove, DutyRole, DutyStep, SupervisionLevel, WorkDone
from shared.events.vocabulary import CheckInMode, Quantity, WhistleKind
from shared.rules.naming import Named
from tests.unit.escalation.cases import (
    CALLER,
    DUE,
    HANDLED,
    ISSUE,
    LEAD,
    NOW,
    RESOLVED,
    SUPPORT,
    TOWN,
    acknowledged,
    after,
    called,
    checked_in,
    duty_of,
    finished,
)

NAMES = Named(TOWN)
OF = ref("issue", ISSUE)
BECAUSE = "现场复核未解决"
SCORE = said.DepartmentScore(acknowledge=20, check_in=0, solved=40, cooperation=10, total=70)
FACTS: tuple[tuple[Fact, str], ...] = (
    (HANDLED[0], "大灰厂社区请求：物业空窗期应急维修；大灰厂社区；群众诉求；建议主责区房管局"),
    (said.WhistleApproved(approved_at=NOW, late=True, note="请尽快"), "超过审批时限；请尽快"),
    (said.WhistleApprovalMissed(due_at=NOW), "应于2024年2月1日9:00前审批"),
    (said.WhistleRejected(reason=BECAUSE), BECAUSE),
    (
        HANDLED[2],
        "北宫镇吹哨，主责区房管局；协办区水务局；2024年2月6日9:00前办结；抢修扶手、清运垃圾、恢复水站",
    ),
    (
        said.LeadReassigned(lead=SUPPORT, previous=LEAD, support=(), reason=BECAUSE),
        "由区房管局改为区水务局；现场复核未解决",
    ),
    (HANDLED[3], ""),
    (HANDLED[4], "区房管局制定；修扶手（区房管局，2024年2月3日9:00前）"),
    (
        said.IssueProgressed(
            by=LEAD, done=(WorkDone(work="清运垃圾", amount=8, quantity=Quantity.TRUCKLOADS),), evidence=("a" * 64,)
        ),
        "区房管局；清运垃圾8车；佐证1份",
    ),
    (RESOLVED[-1], "扶手、水站均已恢复"),
    (
        said.IssueReopened(reason=BECAUSE, due_at=DUE, deadline_version=2, reopened_at=NOW),
        "现场复核未解决；2024年2月6日9:00前办结",
    ),
    (said.ScoreCommented(department=LEAD, comment="当日另有抢险任务"), "区房管局；当日另有抢险任务"),
    (said.DutyDeadlinesLifted(issue=OF, department=LEAD), "区房管局"),
    (
        said.DepartmentEvaluated(
            by=CALLER,
            department=LEAD,
            score=SCORE,
            acknowledged_in_time=True,
            checked_in_in_time=False,
            comment="迟到",
            complete=False,
        ),
        "北宫镇考核区房管局：70分；迟到",
    ),
    (
        said.WhistleEvaluated(by=LEAD, justified=True, clear=False, complete=True),
        "区房管局考核：吹哨必要，任务时限不清楚",
    ),
    (said.IssueClosed(), ""),
    (said.IssueWithdrawn(reason=BECAUSE), BECAUSE),
    (said.DeadlineExtended(due_at=DUE, deadline_version=2, reason="雨天"), "办结期限至2024年2月6日9:00；雨天"),
    (said.DeadlinePaused(paused_at=NOW, deadline_version=2, reason="雨天"), "雨天"),
    (said.DeadlineResumed(due_at=DUE, deadline_version=3, reason="雨停"), "办结期限至2024年2月6日9:00；雨停"),
    (
        said.SupervisionStarted(level=SupervisionLevel.DEPARTMENT_HEAD, due_at=DUE, deadline_version=1, addressee=LEAD),
        "部门负责人督办；通知区房管局",
    ),
    (said.IssueRaisedToDistrict(due_at=DUE, deadline_version=1, addressee="district"), "通知区级"),
    (
        called(),
        "区房管局；主责；2024年2月1日13:00前响应；2024年2月4日9:00前报到；2024年2月6日9:00前办结",
    ),
    (acknowledged(late=True), "区房管局；超过响应时限"),
    (
        said.DutyObjected(issue=OF, department=LEAD, objected_at=NOW, reason="不属我局", proposed=SUPPORT),
        "区房管局；不属我局；认为属于区水务局",
    ),
    (said.ObjectionRejected(issue=OF, department=LEAD, reason="属于"), "区房管局；属于"),
    (said.DutyMadeLead(issue=OF, department=LEAD, reason="改派"), "区房管局；改派"),
    (checked_in(late=True), "区房管局；现场；超过报到时限"),
    (finished(), "区房管局"),
    (
        said.DutyReopened(issue=OF, department=LEAD, due_at=DUE, due_near_at=NOW, deadline_version=2),
        "区房管局；2024年2月6日9:00前办结",
    ),
    (said.DepartmentReleased(issue=OF, department=LEAD, released_at=NOW, finished=False), "区房管局；未办结"),
    (
        said.DutyExcused(issue=OF, department=LEAD, reason="改派", successor=SUPPORT),
        "区房管局；改派；由区水务局主责",
    ),
    (
        said.DutyDeadlineMoved(
            issue=OF,
            department=LEAD,
            move=DeadlineMove.PAUSED,
            acknowledge_by=NOW,
            acknowledge_near_at=NOW,
            check_in_by=NOW,
            check_in_near_at=NOW,
            due_at=None,
            due_near_at=None,
            deadline_version=2,
        ),
        "区房管局；暂停计时",
    ),
    (
        said.DutyDeadlineNear(issue=OF, department=LEAD, step=DutyStep.CHECK_IN, due_at=DUE, deadline_version=1),
        "区房管局；应于2024年2月6日9:00前报到",
    ),
    (
        said.DutyDeadlineMissed(issue=OF, department=LEAD, step=DutyStep.DUE, due_at=DUE, deadline_version=1),
        "区房管局；未在2024年2月6日9:00前办结",
    ),
)


def test_every_fact_has_a_heading_and_is_read_here() -> None:
    known = {fact for fact in Fact.known.values() if issubclass(fact, said.EscalationFact)}
    assert set(HEADINGS) == known
    assert {type(fact) for fact, _ in FACTS} == known


@pytest.mark.parametrize(("fact", "line"), FACTS, ids=lambda one: type(one).__name__ if isinstance(one, Fact) else "")
def test_what_a_fact_says(fact: Fact, line: str) -> None:
    assert words(fact, NAMES) == line


def test_a_code_that_is_known_no_more_is_shown_as_it_is() -> None:
    gone = said.LeadReassigned(lead="gone", previous=LEAD, support=(), reason="改派")
    assert words(gone, NAMES) == "由区房管局改为gone；改派"


@pytest.mark.parametrize(
    "word", [*SupervisionLevel, *DutyRole, *DutyStep, *DeadlineMove, *CheckInMode, *WhistleKind, *Quantity]
)
def test_every_word_has_its_chinese(word: SupervisionLevel) -> None:
    assert re.fullmatch(r"[一-鿿]+", named(word))


def test_how_late_something_is() -> None:
    assert lateness(NOW, NOW) == "已逾期不足1分钟"
    assert lateness(NOW, after(days=2, hours=3, minutes=59)) == "已逾期2天3小时"
    assert lateness(NOW, after(days=2, minutes=5)) == "已逾期2天"
    assert lateness(after(hours=4), NOW) == "还有4小时"
    assert lateness(after(minutes=40), NOW) == "还有40分钟"


MINUTES = {"天": 1440, "小时": 60, "分钟": 1}


@every(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)))
def test_a_length_is_rounded_down_to_the_smaller_of_its_units(time: timedelta) -> None:
    found = re.findall(r"(\d+)(天|小时|分钟)", length(time).replace("不足1分钟", ""))
    told = timedelta(minutes=sum(int(number) * MINUTES[unit] for number, unit in found))
    step = timedelta(hours=1) if time >= timedelta(days=1) else timedelta(minutes=1)
    assert told <= time < told + step


def test_a_withdrawn_whistle_excuses_with_its_reason() -> None:
    (fact,) = reporting.dismiss(duty_of(called()), Because(reason="已解决"), now=NOW)
    assert words(fact, NAMES) == "区房管局；已解决"
