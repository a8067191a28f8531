"""列对应关系: how a row of each known kind of file becomes a work order."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ops.commands.imports import as_sent, open_file
from ops.embedded.processes import StackError
from ops.importing.fields import shapes
from ops.importing.profile import FOLDER, Profile
from services.intake.domain.asked import LONGEST_TITLE, WorkOrder
from shared.plumbing.guard import bare, guarded

HOTLINE = Profile.load(FOLDER / "hotline.yaml")
ROW = {
    "工单编号": "１２345-1",
    "来电时间": "2024-02-01 09:30:00",
    "工单类型": "投诉",
    "标题": " 路灯不亮 ",
    "主要内容": "三天没有亮了",
}


def problems(profile: Profile, row: dict[str, str]) -> list[tuple[str, str]]:
    return [(place, code) for place, code, _ in profile.row(row).problems]


def test_every_heading_of_the_documents_table_is_in_the_hotlines_profile() -> None:
    page = Path("docs/work-orders.md").read_text()
    assert set(shapes()) - set(HOTLINE.columns) == {
        *("category", "place", "supplement_of", "urges", "person_key", "complaint", "rest")
    }
    assert [heading for heading in ("工单性质", "办理截止时间", "工单状态") if heading not in page] == []


def test_a_row_of_the_hotline_is_an_order_with_its_own_number_and_all_columns() -> None:
    more = {
        "受理渠道": "微信",
        "标签": "七有、安全",
        "是否有效回访": "是",
        "回访次数": "2",
        "派单时间": "2024/2/1 10:00",
    }
    found = HOTLINE.row(ROW | more | {"紧急程度": "加急", "另一列": "另一些"})
    assert found.problems == []
    order = WorkOrder.model_validate(found.order)
    assert (order.number, order.channel, order.type, order.title) == ("12345-1", "WECHAT", "COMPLAINT", "路灯不亮")
    assert (order.urgency, order.received_at.isoformat()) == ("URGENT", "2024-02-01T09:30:00+08:00")
    said = order.further
    assert (said.tags, said.tz_assumed) == (("七有", "安全"), True)
    assert said.callback is not None
    assert (said.callback.valid, said.callback.times) == (True, 2)
    assert order.model_extra is not None
    assert order.model_extra["extra"] == {"另一列": "另一些"}


@pytest.mark.parametrize("source", ["wechat-group", "qq-group"])
def test_a_list_without_titles_takes_the_beginning_of_the_words_and_keeps_them_all(source: str) -> None:
    profile = Profile.load(FOLDER / f"{source}.yaml")
    words = "路灯不亮，" * 100
    row = dict.fromkeys(profile.wanted, "") | {"诉求内容": words}
    found = profile.row(row).order
    assert (found["title"], found["content"]) == (words[:200], words)


def test_a_title_of_a_column_of_its_own_is_not_cut_but_an_error_with_its_place() -> None:
    found = HOTLINE.row(ROW | {"标题": "灯" * 201})
    with pytest.raises(ValidationError, match="at most 200 characters") as refused:
        WorkOrder.model_validate(found.order)
    assert [error["loc"] for error in refused.value.errors()] == [("title",)]
    assert WorkOrder.model_validate(HOTLINE.row(ROW | {"标题": "灯" * LONGEST_TITLE}).order).title == "灯" * 200


def test_other_names_of_a_heading_are_known() -> None:
    row = {"诉求编号": "1", "受理时间": "2024-02-01 09:30", "诉求类型": "咨询", "诉求标题": "问", "诉求内容": "问"}
    assert HOTLINE.check_headings(list(row)) == []
    assert HOTLINE.row(row).order["type"] == "INQUIRY"
    assert HOTLINE.check_headings(["鎶曡瘔", "标题"]) == ["工单编号", "来电时间", "主要内容"]


def test_a_time_with_its_zone_is_not_assumed_to_be_ours() -> None:
    found = HOTLINE.row(ROW | {"来电时间": "2024-02-01T01:30:00+00:00"})
    assert found.problems == []
    assert "tz_assumed" not in found.order


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ({"来电时间": "20240201"}, ("/received_at", "bad_time")),
        ({"来电时间": "45323.396"}, ("/received_at", "bad_time")),
        ({"来电时间": "2024-02-30 09:30"}, ("/received_at", "bad_time")),
        ({"来电时间": "2024-02-01 23:59:60"}, ("/received_at", "bad_time")),
        ({"来电时间": ""}, ("/received_at", "missing")),
        ({"主要内容": " "}, ("/content", "missing")),
        ({"工单编号": "1.234568e+17"}, ("/number", "number_rounded")),
        ({"是否保密": "也许"}, ("/confidential", "bad_yes_or_no")),
        ({"回访次数": "两次"}, ("/callback/times", "bad_number")),
        ({"回访时间": "昨天"}, ("/callback/at", "bad_time")),
    ],
)
def test_a_cell_that_cannot_be_read_is_pointed_at(cells: dict[str, str], wrong: tuple[str, str]) -> None:
    assert problems(HOTLINE, ROW | cells) == [wrong]


def test_all_problems_of_a_row_are_told_at_once() -> None:
    assert len(problems(HOTLINE, ROW | {"来电时间": "昨天", "主要内容": "", "是否督办": "？"})) == 3


@pytest.mark.parametrize(
    ("name", "channel", "person"), [("wechat-group", "WECHAT", "微信昵称"), ("qq-group", "QQ", "QQ号")]
)
def test_a_group_list_makes_its_numbers_of_group_day_and_serial_number(name: str, channel: str, person: str) -> None:
    profile = Profile.load(FOLDER / f"{name}.yaml")
    row = {"群名称": "大灰厂二号群", "登记日期": "2024-02-01", "序号": "3", "时间": "2024-02-01 09:30", person: "某某"}
    found = profile.row(row | {"诉求内容": "路灯不亮"})
    order = WorkOrder.model_validate(found.order)
    assert found.problems == []
    assert (order.channel, order.number) == (channel, "大灰厂二号群-2024-02-01-3")
    assert order.complainant.person_key == f"{profile.source}/某某"
    assert problems(profile, row | {"诉求内容": "路灯不亮", "序号": ""}) == [("/number", "missing")]


def test_a_number_of_a_source_without_a_channel_is_never_taken_for_another_sources() -> None:
    messages = Profile.load(FOLDER / "messages.yaml")
    row = {"留言编号": "7", "留言时间": "2024/2/1 9:30", "留言主题": "路", "留言详情": "坏"}
    assert messages.row(row).order["number"] == "messages-7"


def test_a_profile_names_only_fields_that_there_are() -> None:
    with pytest.raises(ValidationError, match="nonsense"):
        Profile.model_validate({**HOTLINE.model_dump(), "columns": {**HOTLINE.columns, "nonsense": "x"}})
    columns = {name: heading for name, heading in HOTLINE.columns.items() if name != "content"}
    with pytest.raises(ValidationError, match="content"):
        Profile.model_validate({**HOTLINE.model_dump(), "columns": columns})


def test_the_profile_is_chosen_by_the_headings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(ROW) + "\n" + ",".join(ROW.values()) + "\n", encoding="gb18030")
    mapping, sheet = open_file(path, None)
    assert (mapping.source, len(sheet.rows)) == ("hotline", 1)
    path.write_text("甲,乙\n1,2\n")
    for profile in (None, "hotline"):
        with pytest.raises(StackError) as error:
            open_file(path, profile)
        assert error.value.code == ("no_profile" if profile is None else "missing_columns")


def test_a_row_too_large_for_any_request_is_rejected_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(ROW) + "\n" + ",".join([*list(ROW.values())[:-1], "长" * 300_000]) + "\n")
    mapping, sheet = open_file(path, "hotline")
    sent = as_sent(mapping, sheet.rows[0])
    assert sent["problems"][0]["code"] == "too_long"
    assert sent["order"] == {"number": "12345-1"}


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\na", "'a", "''", "'", "a'", "", "＝1"])
def test_a_guarded_cell_gives_back_exactly_what_was_there(text: str) -> None:
    assert bare(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+-@\t\r\n")
