"""无故缺席通报: the superior is told, and answers."""

from services.deliberation.domain.absence import absence_id, answer_absence, evolve, report_absence
from services.deliberation.domain.asked import AnswerAbsence
from shared.events.base import derived, ref
from shared.events.deliberation import AbsenceAnswered, AbsenceReported
from tests.support.spec import given
from tests.unit.deliberation.builders import IN_MEETING

REPORTED = AbsenceReported(community="dahuichang", party="seat/5", meeting=IN_MEETING, times=2)
ANSWERED = AbsenceAnswered(answer="已安排专人参会")
OF_FIVE = {"community": "dahuichang", "party": "seat/5"}


def test_an_absence_is_reported_once_for_each_meeting() -> None:
    given(evolve).when(report_absence, **OF_FIVE, meeting=IN_MEETING, times=2).then(REPORTED)
    given(evolve, REPORTED).when(report_absence, **OF_FIVE, meeting=IN_MEETING, times=2).then_nothing()
    next_one = ref("meeting", derived("test", "next meeting"))
    again = REPORTED.model_copy(update={"meeting": next_one, "times": 3})
    given(evolve, REPORTED, ANSWERED).when(report_absence, **OF_FIVE, meeting=next_one, times=3).then(again)
    assert evolve(evolve(None, REPORTED), again).reports == 2


def test_every_report_is_answered_once() -> None:
    asked = AnswerAbsence(party="seat/5", answer="已安排专人参会")
    given(evolve).when(answer_absence, asked).then_refused("not_found")
    given(evolve, REPORTED).when(answer_absence, asked).then(ANSWERED)
    given(evolve, REPORTED, ANSWERED).when(answer_absence, asked).then_nothing()
    other = asked.model_copy(update={"answer": "另有答复"})
    given(evolve, REPORTED, ANSWERED).when(answer_absence, other).then_refused("already_answered")


def test_every_party_of_every_platform_has_a_stream_of_its_own() -> None:
    named = {absence_id(place, party) for place in ("dahuichang", "zhangguozhuang") for party in ("seat/4", "seat/5")}
    assert len(named) == 4
