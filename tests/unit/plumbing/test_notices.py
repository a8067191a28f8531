"""When a notice may go out, which texts are refused, when the gateway is left alone, and how a call is signed."""

import base64
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from pydantic import ValidationError

from shared.plumbing.notices.sender import Breaker
from shared.plumbing.notices.words import Message, NoticeTerms, QuietHours, Templates, day, hour, notice_id
from shared.plumbing.settings import Mode, Settings
from shared.plumbing.webhooks.signing import key_of, signature
from shared.rules.township import SHANGHAI, Dated

TERMS = Dated[NoticeTerms].model_validate(
    {"versions": yaml.safe_load(Path("config/township.yaml").read_text())["notices"]}
)
KNOWN = {"done": frozenset({"code", "unit"})}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-02-{text}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "then"),
    [
        ("01T08:00", "01T08:00"),
        ("01T20:59:59", "01T20:59:59"),
        ("01T21:00", "02T08:00"),
        ("01T23:59", "02T08:00"),
        ("02T00:00", "02T08:00"),
        ("02T07:59:59", "02T08:00"),
    ],
)
def test_the_night_is_quiet_but_not_for_a_critical_matter(moment: str, then: str) -> None:
    terms = TERMS.versions[0]
    now = at(moment).astimezone(UTC)
    assert terms.allowed(now, critical=False) == at(then)
    assert terms.allowed(now, critical=True) == now


def test_quiet_hours_may_lie_within_a_day_or_not_exist() -> None:
    noon = QuietHours(start=time(12), end=time(14))
    assert [noon.over(at(f"01T{n}")) for n in ("11:59", "12:30", "14:00")] == [
        at("01T11:59"),
        at("01T14:00"),
        at("01T14:00"),
    ]
    never = QuietHours(start=time(8), end=time(8))
    assert never.over(at("01T08:00")) == at("01T08:00")


def test_pauses_grow_and_the_last_one_is_repeated() -> None:
    terms = TERMS.versions[0]
    assert [terms.pause(n) for n in (1, 2, 5, 6, 99)] == [
        timedelta(minutes=1),
        timedelta(minutes=5),
        *[timedelta(hours=6)] * 3,
    ]


def test_what_is_forgotten_while_it_may_still_be_told_would_be_told_twice() -> None:
    terms = TERMS.versions[0].model_dump()
    with pytest.raises(ValidationError, match="保存时间"):
        NoticeTerms.model_validate(terms | {"effective": date(2024, 1, 1), "keep": terms["stale"]})


@pytest.mark.parametrize(
    "text",
    ["{phone}", "{unit.__class__}", "{unit[0]}", "{unit!r}", "{unit:>9}", "{}", "{0}", "{unit", "}", "{unit:{code}}"],
)
def test_a_text_that_wants_what_the_notice_does_not_offer_stops_the_service(tmp_path: Path, text: str) -> None:
    file = tmp_path / "notices.yaml"
    file.write_text(yaml.safe_dump({"here": {"done": text}}))
    with pytest.raises(ValueError, match=r"notices\.yaml: done"):
        Templates.load(file, "here", "北宫镇", KNOWN)


def test_a_notice_that_nobody_sends_or_a_missing_part_stops_the_service(tmp_path: Path) -> None:
    file = tmp_path / "notices.yaml"
    file.write_text(yaml.safe_dump({"here": {"nonsense": "好"}}))
    with pytest.raises(ValueError, match="nonsense: 没有这个通知"):
        Templates.load(file, "here", "北宫镇", KNOWN)
    with pytest.raises(KeyError):
        Templates.load(file, "elsewhere", "北宫镇", KNOWN)


def test_a_text_is_rendered_with_the_town_and_not_at_all_without_its_words() -> None:
    templates = Templates("北宫镇", {"done": "【{town}】{unit}已办结"})
    assert templates.render("done", {"unit": "某科"}) == "【北宫镇】某科已办结"
    assert templates.render("done", {}) is None
    assert templates.render("gone", {}) is None


def test_days_and_hours_are_written_by_the_towns_clock() -> None:
    moment = datetime(2024, 2, 8, 16, 30, tzinfo=UTC)
    assert (day(moment), hour(moment)) == ("2月9日", "2月9日0时30分")
    assert hour(moment - timedelta(minutes=30)) == "2月9日0时"


def test_the_same_cause_gives_the_same_notice_and_another_one_another() -> None:
    owner, other = UUID(int=1), UUID(int=2)
    same = [notice_id(owner, Message("done", {"unit": unit}, "complaint/1/1")) for unit in ("a", "b")]
    assert same[0] == same[1]
    others = [
        notice_id(other, Message("done", {}, "complaint/1/1")),
        notice_id(owner, Message("begun", {}, "complaint/1/1")),
        notice_id(owner, Message("done", {}, "complaint/1/2")),
    ]
    assert len({same[0], *others}) == 4


def test_a_gateway_is_left_alone_longer_each_time_and_tried_with_one_notice() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(4):
        breaker.bad()
    assert breaker.room(16) == 16
    for _ in range(12):  # the rest of a batch that was under way makes it no longer
        breaker.bad()
    assert breaker.room(16) == 0
    now = 5.0
    assert breaker.room(16) == 1
    breaker.bad()
    now = 14.9
    assert breaker.room(16) == 0
    now = 15.0
    assert breaker.room(16) == 1
    breaker.good()
    assert breaker.room(16) == 16


def test_a_gateway_that_asks_for_time_gets_it_at_once() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    breaker.bad(timedelta(seconds=60))
    now = 59.0
    assert breaker.room(16) == 0
    now = 60.0
    assert breaker.room(16) == 1


def test_a_call_is_signed_as_the_standard_says() -> None:
    """The example of Standard Webhooks' own libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "c2hvcnQ=", "no base64!"])
def test_a_secret_that_is_none_stops_the_service(secret: str) -> None:
    with pytest.raises(ValueError, match=r"secret|base64|padding|data"):
        key_of(f"whsec_{secret}")


@pytest.mark.parametrize(
    ("mode", "notices", "fine"),
    [
        (Mode.PRODUCTION, "", True),
        (Mode.PRODUCTION, "https://gateway.example/notices", True),
        (Mode.PRODUCTION, "http://gateway.example/notices", False),
        (Mode.PRODUCTION, "http://127.0.0.1:1/notices", False),
        (Mode.PRODUCTION, "mailbox:///var/mail", False),
        (Mode.EMBEDDED, "mailbox:///var/mail", True),
        (Mode.EMBEDDED, "mailbox:var/mail", False),
        (Mode.EMBEDDED, "http://127.0.0.1:1/notices", True),
        (Mode.EMBEDDED, "http://gateway.example/notices", False),
        (Mode.EMBEDDED, "ftp://gateway.example", False),
        (Mode.EMBEDDED, "somewhere", False),
    ],
)
def test_notices_go_over_a_safe_line_or_nowhere(tmp_path: Path, mode: Mode, notices: str, fine: bool) -> None:
    def settings(secret: Path | None) -> Settings:
        return Settings(
            service="intake",
            mode=mode,
            database_url="postgresql://x@y/z",  # type: ignore[arg-type]
            kafka="k:1",
            master_key_file=tmp_path,
            jwks_file=tmp_path,
            issuer="urn:example",
            notices=notices,
            notices_secret_file=secret,
        )

    if not fine:
        with pytest.raises(ValidationError, match="FIVEPLUSN_NOTICES"):
            settings(tmp_path)
        return
    assert settings(tmp_path).notices == notices
    if notices.startswith("http"):
        with pytest.raises(ValidationError, match="SECRET_FILE"):
            settings(None)
