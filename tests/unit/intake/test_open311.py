"""公开接口: what a service request becomes, where it is, and what of a complaint everybody may read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.intake.domain.open311 import (
    LONGEST,
    NewRequest,
    Open311Terms,
    PublicService,
    RequestedOrder,
    distance_m,
    named,
    nearest,
    requested,
    window,
)
from services.intake.domain.public_steps import ENDS, STEPS, words
from shared.events.base import Fact
from shared.events.intake import (
    ComplaintClosed,
    ComplaintFact,
    ComplaintFinished,
    ComplaintProgressed,
    ComplaintRedirected,
    ComplaintSupervised,
    ComplaintUrged,
    SpokenWith,
)
from shared.events.vocabulary import Channel, ComplaintType, DisclosureStage, ProgressStep
from shared.rules.broken import RuleBroken
from shared.rules.township import Town
from tests.unit.intake.builders import LEAD, OPEN311, START, TOWN

ESTATE, ROAD = (116.1500, 39.8600), (116.1520, 39.8600)
"""Two places, 171 m from each other."""


def mapped() -> Town:
    """The town, where two places have a position."""
    document = TOWN.model_dump()
    for place in document["places"]:
        place["position"] = {"dahuichang-estate": ESTATE, "dahuichang-gate": ROAD}.get(place["code"])
    return Town.model_validate(document)


def order(answers: dict[str, list[Any]] | None = None, town: Town = TOWN, **fields: Any) -> RequestedOrder:
    asked = NewRequest.model_validate({"service_code": "property", "address_string": "大灰厂小区"} | fields)
    given = {"WHAT": ["REPAIR"]} if answers is None else answers
    return requested(asked, given, client="api-key:app", now=START, terms=OPEN311, town=town)


def codes(**fields: Any) -> list[str]:
    with pytest.raises(RuleBroken) as broken:
        order(**fields)
    return [reason.code for reason in broken.value.reasons]


def test_a_request_becomes_an_order_of_the_web_of_the_services_category_and_type() -> None:
    made = order(description="没有物业\r\n谁来修", first_name="小明", last_name="王", phone="+86 199-0000-0001")
    assert (made.channel, made.type, made.category) == (Channel.WEB, ComplaintType.COMPLAINT, "PROPERTY_VACANCY")
    assert (made.community, made.place) == ("dahuichang", "dahuichang-estate")
    assert (made.title, made.content, made.received_at) == ("没有物业", "没有物业\n谁来修", START)
    assert (made.complainant.name, made.complainant.phone) == ("王小明", "+86 199-0000-0001")
    assert (made.number, made.confidential) == (None, False)


def test_a_request_without_words_is_what_its_service_says() -> None:
    assert order().content == "没有物业"


def test_latin_names_have_the_family_name_last() -> None:
    assert order(first_name="Ming", last_name="Wang").complainant.name == "Ming Wang"


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"email": "Ming@Example.CN"}, "email ming@example.cn"),
        ({"account_id": "7"}, "api-key:app 7"),
        ({"device_id": "7"}, None),
    ],
)
def test_people_without_a_telephone_are_told_apart_by_mail_or_by_their_account_at_the_client(
    fields: dict[str, str], key: str | None
) -> None:
    assert order(**fields).complainant.person_key == key


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = codes(answers={"HOUSES": ["1", "2"], "SINCE": ["gestern"]}, address_string=None, lat=39.8)
    assert wrong == ["half_a_point", "attribute_repeated", "attribute_missing", "attribute_invalid"]
    assert codes(service_code="report", address_string=None) == ["unknown_service", "location_missing"]
    assert codes(address_id="nowhere") == ["unknown_address"]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("WHAT", "GARDEN"),
        ("WHAT", 1),
        ("HOUSES", "many"),
        ("HOUSES", "1e400"),
        ("HOUSES", "nan"),
        ("HOUSES", True),
        ("SINCE", "2024-02-01T09:00:00"),
        ("SINCE", {"a": 1}),
    ],
)
def test_an_answer_must_be_of_its_kind(attribute: str, value: object) -> None:
    assert codes(answers={"WHAT": ["REPAIR"], attribute: [value]}) == ["attribute_invalid"]


def test_answers_go_with_the_order_and_strangers_do_not() -> None:
    given = {"WHAT": ["REPAIR", "CLEANING"], "HOUSES": ["18"], "OTHER": ["x"]}
    assert order(given).attributes == {"WHAT": ["REPAIR", "CLEANING"], "HOUSES": ["18"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lat", "1e400"),
        ("lat", float("nan")),
        ("lat", "91"),
        ("lat", True),
        ("long", "-181"),
        ("description", "x" * 4001),
        ("description", "\x00"),
        ("description", "\ud83d"),
        ("first_name", "a\x00"),
        ("phone", "call me"),
        ("media_url", "javascript:alert(1)"),
        ("service_code", ["property"]),
        ("address_string", "x" * 201),
    ],
)
def test_hostile_values_are_no_request(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        NewRequest.model_validate({"service_code": "property", field: value})


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("大灰厂小区", "dahuichang-estate"),
        ("1号楼，大灰厂小区，北宫镇", "dahuichang-estate"),
        ("大灰厂家属区 3 单元", "dahuichang-estate"),
        ("大灰厂小区东门", None),
        ("南门", None),
        ("大灰厂小区 南门", None),
    ],
)
def test_an_address_names_a_place_with_a_word_of_its_own_or_not_at_all(address: str, place: str | None) -> None:
    found = named(TOWN, address)
    assert (found and found.code) == place


def test_a_point_belongs_to_the_nearest_place_but_not_from_far_away() -> None:
    town = mapped()
    assert [found.code for found in (nearest(town, ESTATE, 200), nearest(town, ROAD, 200)) if found] == [
        "dahuichang-estate",
        "dahuichang-gate",
    ]
    assert nearest(town, (116.1490, 39.8600), 80) is None
    assert nearest(town, (116.1490, 39.8600), 90) is not None
    assert nearest(town, None, 200) is None
    assert nearest(TOWN, ESTATE, 200) is None


def test_a_place_that_is_named_comes_before_a_point_near_another() -> None:
    made = order(town=mapped(), address_string="大灰厂小区", long=ROAD[0], lat=ROAD[1])
    assert made.place == "dahuichang-estate"
    assert (made.long, made.lat) == ROAD
    assert order(town=mapped(), address_string="门口", long=ROAD[0], lat=ROAD[1]).place == "dahuichang-gate"
    far = order(town=mapped(), address_string=None, long=116.4, lat=39.9)
    assert (far.place, far.community) == (None, None)


def test_a_degree_of_latitude_is_111_km() -> None:
    assert distance_m((116.0, 39.0), (116.0, 40.0)) == pytest.approx(111_195, abs=5)
    assert distance_m((0.0, 0.0), (180.0, 0.0)) == pytest.approx(20_015_115, abs=100)


def test_a_question_is_about_90_days_at_most() -> None:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    day = timedelta(days=1)
    assert window(None, None, now) == (now - LONGEST, None)
    assert window(now - day, None, now) == (now - day, None)
    assert window(now - 200 * day, None, now) == (now - 200 * day, now - 110 * day)
    assert window(None, now - day, now) == (now - 91 * day, now - day)
    assert window(now - LONGEST, now, now) == (now - LONGEST, now)
    for start, end, code in (
        (now - 91 * day, now, "span_too_long"),
        (now, now - day, "ends_before_start"),
    ):
        with pytest.raises(RuleBroken) as broken:
            window(start, end, now)
        assert [reason.code for reason in broken.value.reasons] == [code]


def test_reports_cannot_be_offered_and_no_category_twice() -> None:
    service = OPEN311.services[0].model_dump()
    with pytest.raises(ValidationError, match="举报"):
        PublicService.model_validate(service | {"type": "REPORT"})
    with pytest.raises(ValidationError, match="重复"):
        Open311Terms.model_validate(OPEN311.model_dump() | {"services": [service, service | {"code": "other"}]})


def test_staff_texts_and_steps_are_told_in_words() -> None:
    finished = ComplaintFinished(
        lead=LEAD,
        finished_at=START,
        spoken_with=SpokenWith.COMPLAINANT,
        measure="已更换灯泡",
        late=False,
        callback_by=START,
    )
    redirected = ComplaintRedirected(told_at=START, reason="属于区级职责", right_channel="区房管局")
    pooled = ComplaintProgressed(step=ProgressStep.PROJECT_DISCLOSED, stage=DisclosureStage.POOLED)
    told = [words(fact, TOWN) for fact in (finished, redirected, pooled)]
    assert told == ["已办结：已更换灯泡", "请通过其他渠道办理：区房管局；属于区级职责", "相关民生项目已入池"]


def test_nothing_of_the_complainant_and_nothing_of_supervision_is_a_public_step() -> None:
    kinds = {fact for fact in Fact.known.values() if issubclass(fact, ComplaintFact)}
    hidden = {fact.__name__ for fact in kinds - set(STEPS)}
    assert hidden == {
        "CallbackRecorded",
        "CallbackTried",
        "ComplainantContacted",
        "ComplaintDeadlineNear",
        "ComplaintDeadlineRecounted",
        "ComplaintOverdue",
        "ComplaintReturnRequested",
        "ComplaintSupervised",
        "ComplaintUrged",
        "ExceptionApproved",
        "ExtensionDenied",
        "ExtensionRequested",
        "HardCaseMarked",
        "ListingDenied",
        "ListingRequested",
        "ListingReviewed",
        "ReturnRejected",
    }
    assert {ComplaintUrged, ComplaintSupervised}.isdisjoint(STEPS)
    assert ComplaintClosed in ENDS
    assert words(ComplaintSupervised(reason="涉及村干部"), TOWN) is None
    assert words(ComplaintProgressed(step=ProgressStep.LISTING_PROPOSED, note="尚未决定"), TOWN) is None
