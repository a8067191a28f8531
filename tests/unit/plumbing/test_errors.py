"""What people read when their input is refused is Chinese, and never quotes what they wrote."""

import pytest
from pydantic import ValidationError

from services.intake.domain.asked import NewComplaint
from shared.plumbing.errors import chinese

GOOD = {
    "channel": "WECHAT",
    "type": "COMPLAINT",
    "received_at": "2024-02-01T09:30:00+08:00",
    "title": "路灯",
    "content": "不亮",
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"extra": 1}, "没有这个字段"),
        ({"title": 5}, "须为文本"),
        ({"number": ""}, "至少 1 个字"),
        ({"number": "x" * 65}, "至多 64 个字"),
        ({"type": "secret"}, "应为 'INQUIRY', 'ASSISTANCE', 'COMPLAINT', 'REPORT' or 'SUGGESTION' 之一"),
        ({"received_at": "yesterday"}, "时间须写成带时区的 ISO 8601，例如 2024-02-01T09:30:00+08:00"),
        ({"complainant": []}, "须为对象"),
        ({"complainant": {"phone": "call me"}}, "格式不符"),
    ],
)
def test_a_refusal_is_said_inchinese(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NewComplaint.model_validate(GOOD | changes)
    assert [chinese(error["msg"]) for error in refused.value.errors()] == [words]


def test_what_is_not_foreseen_is_refused_without_quoting_it() -> None:
    assert chinese("Input 'secret words' was odd") == "内容有误"
