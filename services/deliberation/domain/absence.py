"""无故缺席通报: who stays away without reason too often, what the superior is told, and what it answers."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.deliberation.domain.asked import AnswerAbsence
from shared.events.base import Mention, derived
from shared.events.deliberation import AbsenceAnswered, AbsenceFact, AbsenceReported, Party
from shared.rules.broken import Reason, refuse


@dataclass(frozen=True, slots=True)
class Absence:
    """无故缺席通报 of one party on one platform. `meeting`, `times`: of the last report; `answer`: to it, if any."""

    community: str
    party: str
    meeting: str
    times: int
    reports: int = 1
    answer: str | None = None


def absence_id(community: str, party: Party) -> UUID:
    """The stream of a party's absences on a community's platform; its superior's contact is kept under the same id."""
    return derived("absence", community, party)


def evolve(before: Absence | None, fact: AbsenceFact) -> Absence:
    """The absences after a fact."""
    match fact:
        case AbsenceReported():
            reports = before.reports + 1 if before else 1
            return Absence(fact.community, fact.party, fact.meeting, fact.times, reports)
    assert before is not None
    match fact:
        case AbsenceAnswered():
            return replace(before, answer=fact.answer)
    raise AssertionError(fact)


def report_absence(
    before: Absence | None, *, community: str, party: Party, meeting: Mention, times: int
) -> list[AbsenceFact]:
    """缺席通报, once for each meeting."""
    if before and before.meeting == meeting:
        return []
    return [AbsenceReported(community=community, party=party, meeting=meeting, times=times)]


def answer_absence(before: Absence | None, asked: AnswerAbsence) -> list[AbsenceFact]:
    """缺席整改答复: one for each report."""
    refuse(before is None and Reason("not_found", "该方没有无故缺席通报", "/party"))
    assert before is not None
    if before.answer == asked.answer:
        return []
    refuse(before.answer is not None and Reason("already_answered", "该通报已答复"))
    return [AbsenceAnswered(answer=asked.answer)]
