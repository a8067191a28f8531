"""工单: the hotline's other columns, and when two orders of one number say the same."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from services.intake.domain.asked import KeptOrder, NewComplaint, WorkOrder
from services.intake.domain.complaint import evolve
from services.intake.domain.locating import whereabouts
from services.intake.domain.registration import receive, same_content
from tests.support.spec import fold, given
from tests.unit.intake.builders import HOUR, START, TERMS, TOWN, an_order, received

CORE: dict[str, Any] = {
    "channel": "HOTLINE_12345",
    "number": "1",
    "type": "ASSISTANCE",
    "received_at": "2024-02-01T09:00:00+08:00",
    "title": "没有物业",
    "content": "家里的维修应该找谁",
}


def order(**more: object) -> WorkOrder:
    return WorkOrder.model_validate_json(json.dumps(CORE | more))


def codes(order: WorkOrder) -> tuple[str | None, str | None, str]:
    where, category = whereabouts(order, TOWN)
    return where.community, where.place, category


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"estate": "大灰厂家属区"}, ("dahuichang", "dahuichang-estate", "UNCATEGORISED")),
        ({"estate": "不知道", "location_point": "大灰厂小区"}, ("dahuichang", "dahuichang-estate", "UNCATEGORISED")),
        (
            {"community": "张郭庄村", "location_point": "南门"},
            ("zhangguozhuang", "zhangguozhuang-gate", "UNCATEGORISED"),
        ),
        ({"place": "不知道", "estate": "大灰厂小区"}, (None, None, "UNCATEGORISED")),
        ({"category_l1": "供暖", "category_l2": "无物业管理"}, (None, None, "PROPERTY_VACANCY")),
        ({"category_code": "HEATING", "category_l2": "无物业管理"}, (None, None, "HEATING")),
        ({"category": "不知道", "category_l2": "供暖"}, (None, None, "UNCATEGORISED")),
    ],
)
def test_the_other_columns_say_where_and_what_only_where_the_core_does_not(
    more: dict[str, object], found: object
) -> None:
    assert codes(order(**more)) == found


def test_what_the_sender_says_of_its_own_handling_is_no_fact_of_ours() -> None:
    told = order(
        community="大灰厂社区",
        status="已办结",
        dispatched_at="2024-02-01T10:00:00+08:00",
        callback={"valid": "是", "satisfaction": "满意"},
    )
    plain = received(category="UNCATEGORISED", place=None).model_copy(update={"number": "1"})
    given(evolve).when(receive, told, now=START + HOUR, terms=TERMS, town=TOWN).then(plain)
    assert KeptOrder.model_validate_json(told.model_dump_json()).further.callback == told.further.callback


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"dispatched_at": "2024-02-01 10:00"}, ("dispatched_at",)),
        ({"callback": {"times": True}}, ("callback", "times")),
        ({"callback": {"valid": "也许"}}, ("callback", "valid")),
        ({"address": "x" * 201}, ("address",)),
        ({"respondent": {"name": "a\u0000"}}, ("respondent", "name")),
    ],
)
def test_a_column_that_cannot_be_read_is_pointed_at(more: dict[str, object], where: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        order(**more)
    assert [error["loc"] for error in refused.value.errors()] == [where]


def test_half_a_character_is_refused_also_in_what_nobody_knows() -> None:
    with pytest.raises(ValidationError):
        WorkOrder.model_validate(CORE | {"unheard": {"of": ["\ud83d"]}})


KEPT = an_order()


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (an_order(place="大灰厂家属区"), True),
        (an_order(community="dahuichang", category="PROPERTY_VACANCY"), True),
        (an_order(category="供暖"), False),
        (an_order(category="不知道"), False),
        (an_order(place="不知道"), False),
        (an_order(place=None), False),
        (an_order(community=None), True),
    ],
)
def test_another_word_for_the_same_place_and_category_is_no_other_content(other: NewComplaint, same: bool) -> None:
    assert same_content(KEPT, other, fold(evolve, [received()]), TOWN) is same


def test_what_the_dispatcher_found_is_no_other_content_either() -> None:
    found = fold(evolve, [received(category="HEATING")])
    assert same_content(KEPT, an_order(category="供暖"), found, TOWN)
    assert not same_content(an_order(category="甲"), an_order(category="乙"), fold(evolve, [received()]), TOWN)
