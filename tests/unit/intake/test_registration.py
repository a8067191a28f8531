"""受理: what comes in is registered, answered, redirected or urged."""

from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.intake.domain.asked import Answer, NewComplaint, Redirect, Urge, WorkOrder
from services.intake.domain.complaint import Complaint, evolve
from services.intake.domain.locating import Located, classify, locate, whereabouts
from services.intake.domain.registration import Conflicting, Entry, answer, entry, receive, redirect, urge
from shared.events.intake import (
    ComplaintAnswered,
    ComplaintFact,
    ComplaintRedirected,
    ComplaintSupervised,
    ComplaintUrged,
    UrgeKind,
)
from shared.events.vocabulary import ComplaintType, Urgency
from tests.support.spec import fold, given
from tests.unit.intake.builders import (
    CALENDAR,
    DAY,
    HOUR,
    ID,
    MINUTE,
    START,
    TERMS,
    TOWN,
    an_order,
    finished,
    in_progress,
    received,
)

NOW = START + MINUTE
AT = {"now": NOW, "terms": TERMS, "calendar": CALENDAR}
KEPT = NOW + 1096 * DAY
"""So long is the person of a complaint that ends now remembered."""
TEXT = {
    "channel": "HOTLINE_12345",
    "type": "ASSISTANCE",
    "received_at": "2024-02-01T09:00:00+08:00",
    "title": "没有物业",
    "content": "第一行\r\n第二行",
    "number": "20240201-1",
}


def complaint(*facts: ComplaintFact) -> Complaint:
    state = fold(evolve, facts)
    assert state is not None
    return state


def test_a_demand_is_registered_with_the_codes_of_the_town() -> None:
    given(evolve).when(receive, an_order(), now=NOW, terms=TERMS, town=TOWN).then(received())


def test_what_is_not_known_is_registered_all_the_same() -> None:
    order = an_order(community="别处", place="无名路", category="不知道")
    given(evolve).when(receive, order, now=NOW, terms=TERMS, town=TOWN).then(
        received(community=None, place=None, category="UNCATEGORISED")
    )


def test_the_category_proposes_the_urgency_unless_the_order_names_one() -> None:
    heating = received(category="HEATING").model_copy(update={"urgency": Urgency.URGENT})
    given(evolve).when(receive, an_order(category="供暖"), now=NOW, terms=TERMS, town=TOWN).then(heating)
    order = an_order(category="供暖", urgency=Urgency.CRITICAL)
    given(evolve).when(receive, order, now=NOW, terms=TERMS, town=TOWN).then(
        heating.model_copy(update={"urgency": Urgency.CRITICAL})
    )


def test_every_report_is_confidential_and_tells_only_type_and_community() -> None:
    order = an_order(type=ComplaintType.REPORT)
    given(evolve).when(receive, order, now=NOW, terms=TERMS, town=TOWN).then(
        received(type=ComplaintType.REPORT, confidential=True)
    )
    assert whereabouts(order, TOWN) == (Located("dahuichang", "dahuichang-estate"), "PROPERTY_VACANCY")


def test_a_complaint_is_confidential_when_asked() -> None:
    given(evolve).when(receive, an_order(confidential=True), now=NOW, terms=TERMS, town=TOWN).then(
        received(confidential=True)
    )


def test_the_same_number_with_the_same_content_is_the_same_complaint() -> None:
    known = given(evolve, received())
    known.when(receive, an_order(), now=NOW, terms=TERMS, town=TOWN, same_content=True).then_nothing()


def test_an_erased_content_cannot_conflict() -> None:
    given(evolve, received()).when(receive, an_order(), now=NOW, terms=TERMS, town=TOWN).then_nothing()


def test_the_same_number_with_other_content_is_a_conflict_for_a_person_to_look_at() -> None:
    with pytest.raises(Conflicting) as conflict:
        receive(complaint(received()), an_order(), now=NOW, terms=TERMS, town=TOWN, same_content=False)
    assert [reason.code for reason in conflict.value.reasons] == ["conflicting_content"]


def test_a_matter_closed_before_is_a_repeat() -> None:
    given(evolve).when(receive, an_order(), now=NOW, terms=TERMS, town=TOWN, closed_matter=True).then(
        received().model_copy(update={"repeat": True})
    )


@pytest.mark.parametrize("matter", ["open_matter", "closed_matter"])
def test_an_import_is_only_possibly_a_repeat(matter: str) -> None:
    given(evolve).when(receive, an_order(), now=NOW, terms=TERMS, town=TOWN, imported=True, **{matter: True}).then(
        received().model_copy(update={"possible_repeat": True})
    )


def test_a_clock_that_runs_ahead_is_set_back() -> None:
    order = an_order(received_at=NOW + timedelta(minutes=9))
    given(evolve).when(receive, order, now=NOW, terms=TERMS, town=TOWN).then(
        received().model_copy(update={"received_at": NOW})
    )


def test_an_open_matter_is_urged_and_a_closed_one_registered_anew() -> None:
    open_one = complaint(*in_progress())
    answered = complaint(received(), ComplaintAnswered(answered_at=START, answer="找社区"))
    assert entry(None, open_one, imported=False) is Entry.URGE
    assert entry(None, answered, imported=False) is Entry.REGISTER
    assert entry(None, None, imported=False) is Entry.REGISTER


def test_an_import_never_urges() -> None:
    assert entry(None, complaint(*in_progress()), imported=True) is Entry.REGISTER


def test_what_was_registered_under_its_own_number_stays_there() -> None:
    assert entry(complaint(received()), complaint(*in_progress()), imported=False) is Entry.REGISTER


def test_the_same_order_urges_once() -> None:
    asked = Urge(order=ID, urge=UrgeKind.URGE, urged_at=NOW)
    urged = ComplaintUrged(urge=UrgeKind.URGE, order=ID, urged_at=NOW, urges=1)
    given(evolve, *in_progress()).when(urge, asked, terms=TERMS).then(urged)
    given(evolve, *in_progress(), urged).when(urge, asked, terms=TERMS).then_nothing()


def test_what_is_over_is_not_urged() -> None:
    over = ComplaintAnswered(answered_at=START, answer="找社区")
    asked = Urge(order=ID, urge=UrgeKind.URGE, urged_at=NOW)
    given(evolve, received(), over).when(urge, asked, terms=TERMS).then_refused("already_over")


def urged(times: int, kind: UrgeKind = UrgeKind.URGE) -> ComplaintUrged:
    return ComplaintUrged(urge=kind, order=UUID(int=times), urged_at=NOW, urges=times)


def test_whoever_has_to_urge_three_times_has_the_town_look_after_it() -> None:
    asked = Urge(order=UUID(int=3), urge=UrgeKind.URGE, urged_at=NOW)
    supervised = ComplaintSupervised(reason="同一诉求人多次催办")
    twice = [*in_progress(), urged(1), urged(2)]
    given(evolve, *twice).when(urge, asked, terms=TERMS).then(urged(3), supervised)
    given(evolve, *twice, supervised).when(urge, asked, terms=TERMS).then(urged(3))
    given(evolve, *in_progress(), urged(1)).when(
        urge, Urge(order=UUID(int=2), urge=UrgeKind.URGE, urged_at=NOW), terms=TERMS
    ).then(urged(2))


def test_what_is_added_is_no_reason_for_supervision() -> None:
    adding = Urge(order=UUID(int=3), urge=UrgeKind.SUPPLEMENT, urged_at=NOW)
    given(evolve, *in_progress(), urged(1), urged(2)).when(urge, adding, terms=TERMS).then(
        urged(3, UrgeKind.SUPPLEMENT)
    )


def test_an_inquiry_may_be_answered_at_once() -> None:
    asked = Answer(answered_at=NOW, answer="请联系社区居委会")
    given(evolve, received(type=ComplaintType.INQUIRY)).when(answer, asked, **AT).then(
        ComplaintAnswered(answered_at=NOW, answer="请联系社区居委会", retain_until=KEPT)
    )


def test_anything_but_an_inquiry_is_dispatched_and_every_reason_is_told() -> None:
    asked = Answer(answered_at=NOW + HOUR, answer="请联系社区居委会")
    given(evolve, *in_progress()).when(answer, asked, **AT).then_refused(
        "wrong_state", "not_an_inquiry", "in_the_future"
    )


def test_the_answer_to_a_confidential_inquiry_is_not_published() -> None:
    asked = Answer(answered_at=NOW, answer="请联系社区居委会")
    inquiry = received(type=ComplaintType.INQUIRY, confidential=True)
    given(evolve, inquiry).when(answer, asked, **AT).then(
        ComplaintAnswered(answered_at=NOW, answer=None, retain_until=KEPT)
    )


def test_whoever_is_redirected_is_told_why_and_where_to() -> None:
    asked = Redirect(told_at=NOW, reason="属诉讼事项", right_channel="人民法院")
    redirected = ComplaintRedirected(told_at=NOW, reason="属诉讼事项", right_channel="人民法院", retain_until=KEPT)
    given(evolve, received()).when(redirect, asked, **AT).then(redirected)
    given(evolve, received(), redirected).when(redirect, asked, **AT).then_nothing()
    given(evolve, *finished()).when(redirect, asked, **AT).then_refused("wrong_state")


def test_there_must_be_a_complaint() -> None:
    given(evolve).when(redirect, Redirect(told_at=NOW, reason="无", right_channel="无"), **AT).then_refused("not_found")


@pytest.mark.parametrize(
    ("community", "place", "found"),
    [
        ("dahuichang", None, Located("dahuichang", None)),
        ("大灰厂社区", "大灰厂家属区", Located("dahuichang", "dahuichang-estate")),
        (None, "大灰厂小区", Located("dahuichang", "dahuichang-estate")),
        (" ＤＡＨＵＩＣＨＡＮＧ ", None, Located("dahuichang", None)),
        ("张郭庄村", "大灰厂小区", Located("zhangguozhuang", None)),
        (None, "南门", Located(None, None)),
        ("张郭庄村", "南门", Located("zhangguozhuang", "zhangguozhuang-gate")),
        ("别处", "大灰厂小区", Located(None, None)),
        (None, None, Located(None, None)),
    ],
)
def test_a_place_is_found_by_its_names_and_never_guessed(
    community: str | None, place: str | None, found: Located
) -> None:
    assert locate(TOWN, community, place) == found


def test_nobody_calls_a_category_confidential() -> None:
    assert classify(TOWN, "保密") == "UNCATEGORISED"


def test_the_hotline_may_send_more_than_we_know_and_people_may_not() -> None:
    order = WorkOrder.model_validate({**TEXT, "orderNature": "普通"})
    assert order.model_extra == {"orderNature": "普通"}
    assert order.content == "第一行\n第二行"
    with pytest.raises(ValidationError, match="orderNature"):
        NewComplaint.model_validate({**TEXT, "orderNature": "普通"})


@pytest.mark.parametrize("wrong", [{"content": " \n"}, {"received_at": "2024-02-01T09:00:00"}, {"title": "\x00"}])
def test_an_order_without_words_or_with_broken_ones_cannot_be_read(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        WorkOrder.model_validate({**TEXT, **wrong})
