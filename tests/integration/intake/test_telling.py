"""告知: who asked is told once of each step, in waking hours, by a real gateway; nothing personal stays behind."""

import asyncio
import json
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from ops.embedded.processes import Child
from ops.ports import LOOPBACK, Ports
from services.intake.following import follow_code
from services.intake.main import PLAN
from shared.events.base import ref
from shared.events.intake import ComplaintUrged, UrgeKind
from shared.plumbing import following
from shared.plumbing.notices import book, sender
from shared.plumbing.webhooks.signing import signature
from shared.rules.township import SHANGHAI
from tests.integration.intake.town import BEGIN, DISPATCHER, FEEDER, OFFICER, UNIT, Town
from tests.support.gateway import Outside, certificate, gateway
from tests.support.noticed import Noticed, letters
from tests.support.pair import until
from tests.support.running import OPERATOR, Way, child, configured, live, lively, quiet
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
KEY = bytes(range(32))
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
VILLAGE = Bearer("secretary", ("zhangguozhuang",))
CANARY = "19955512345"


class Telling(Noticed, Town):
    """A town whose test reads the journal and sends when it wants to."""

    async def only(self) -> dict[str, Any]:
        """The only notice there is."""
        (found,) = await self.get("/notices", OPERATOR)
        return dict(found)

    async def open_gate(self) -> None:
        """As if nothing had failed lately."""
        self.noticing.sender.breaker.good()


@asynccontextmanager
async def telling(server: Server, folder: Path, notices: str, way: Way = quiet, **more: Any) -> AsyncIterator[Telling]:
    secret = folder / "gateway-secret"
    secret.write_text(SECRET)
    settings = {"notices": notices, "notices_secret_file": secret} | more
    async with live(Telling, server, folder, PLAN, BEGIN, way, **settings) as town:
        yield town
        if way is quiet:
            town.noticing.sender.stop()
            await town.noticing.sender.run()


@pytest_asyncio.fixture(loop_scope="session")
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """A gateway in a process of its own."""
    async with gateway(tmp_path, Ports(tmp_path / "gateway-ports.json").take("gateway")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def here(postgres: Server, tmp_path: Path, outside: Outside) -> AsyncIterator[Telling]:
    """A town with that gateway; a call may take three seconds: more than it needs on a busy machine."""
    async with telling(postgres, tmp_path, outside.url, config=configured(tmp_path, "notices", call="PT3S")) as town:
        yield town


def mailbox(server: Server, folder: Path, way: Way = quiet) -> AbstractAsyncContextManager[Telling]:
    return telling(server, folder, f"mailbox://{folder}/mailbox", way)


async def test_the_life_of_a_complaint_is_told_step_by_step(postgres: Server, tmp_path: Path) -> None:
    async with mailbox(postgres, tmp_path) as here:
        id = await here.received("1", 1)
        path = await here.handled(id)
        await here.post(
            f"{path}/finish",
            OFFICER,
            unit=UNIT,
            finished_at=here.service.now(),
            spoken_with="COMPLAINANT",
            measure="已修",
        )
        await here.post(f"{path}/callback-tries", tried_at=here.service.now(), outcome="NO_ANSWER")
        await here.post(
            f"{path}/callbacks", called_at=here.service.now(), contacted=True, resolved=True, satisfaction="SATISFIED"
        )
        await here.post(f"{path}/close")
        for _ in range(8):
            await here.tell()
        steps = ["registered", "dispatched", "contacted", "finished", "callback_missed", "closed"]
        assert await here.told(id) == [(step, "SENT") for step in steps]
        found = {letter["template"]: letter for letter in letters(tmp_path)}
        assert sorted(found) == sorted(steps)
        code = follow_code(here.service.keys.lookup, id)
        assert (
            found["dispatched"]["text"]
            == f"【北宫镇】您反映的事项已交社区建设办公室办理，时限至2月8日8时。查询码{code}。"
        )
        assert {letter["to"] for letter in found.values()} == {"+8619900000001"}
        assert not any("物业" in letter["text"] or "大灰厂" in letter["text"] for letter in found.values())
        assert {file.stat().st_mode & 0o777 for file in (tmp_path / "mailbox").iterdir()} == {0o600}


async def test_a_running_service_tells_by_itself(postgres: Server, tmp_path: Path) -> None:
    async with mailbox(postgres, tmp_path, lively) as here:
        await here.received("1", 1)

        async def arrived() -> bool:
            return [letter["template"] for letter in letters(tmp_path)] == ["registered"]

        await until(arrived, "the notice is in the mailbox")


async def test_of_a_confidential_complaint_nothing_is_said_but_that_something_happened(
    postgres: Server, tmp_path: Path
) -> None:
    async with mailbox(postgres, tmp_path) as here:
        id = await here.received("1", 1, type="REPORT")
        await here.post(f"/complaints/{id}/dispatch", lead="town-enforcement", urgency="ROUTINE")
        await here.tell()
        await here.tell()
        assert await here.told() == [("neutral", "SENT")] * 2
        code = follow_code(here.service.keys.lookup, id)
        assert {letter["text"] for letter in letters(tmp_path)} == {f"【北宫镇】您有一件事项有新的进展。查询码{code}。"}
        assert all(letter["parameters"] == {"code": code} for letter in letters(tmp_path))


# ---------------------------------------------------------------------------------------------- once, and none lost


@pytest.mark.parametrize("waits", [True, False])
async def test_a_fact_that_commits_after_a_later_one_is_told_too(
    here: Telling, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    """Seen red: a reader that goes straight to the last position never meets the lower one that commits afterwards."""
    first = await here.received("1", 1)
    await here.read()
    if not waits:
        monkeypatch.setattr(
            following, "_FENCE", "select (select max(position) from journal) as last, 0::bigint as fence"
        )
    urged = ComplaintUrged(urge=UrgeKind.URGE, order=uuid4(), urged_at=here.service.now(), urges=1)
    con = await asyncpg.connect(here.service.settings.dsn)
    slow = con.transaction()
    await slow.start()
    await con.execute("select 1 from complaints where id = $1 for update", first)
    await con.execute(
        "insert into journal (kind, stream, version, type, data, actor, occurred_at, recorded_at, cause, correlation, "
        "terms, hash) values ('complaint', $1, 2, $2, $3, 't::t', town_now(), town_now(), '', '', '', '')",
        first,
        urged.wire_type,
        urged.model_dump_json(),
    )
    second = await here.received("2", 2)
    await here.noticing.reader.turn()
    assert await here.told(second) == ([] if waits else [("registered", "QUEUED")])
    await slow.commit()
    await con.close()
    await here.read()
    assert await here.told(second) == [("registered", "QUEUED")]
    assert ("urged", "QUEUED") in await here.told(first) or not waits
    assert len(await here.told(first)) == (2 if waits else 1)


@pytest.mark.parametrize("derived", [True, False])
async def test_a_fact_that_is_read_again_is_told_once(
    here: Telling, outside: Outside, monkeypatch: pytest.MonkeyPatch, derived: bool
) -> None:
    """Seen red: with an id that is drawn anew each time, the same person is told twice."""
    if not derived:
        monkeypatch.setattr(book, "notice_id", lambda _owner, _message: uuid4())
    await here.received("1", 1)
    await here.tell()
    await here.service.pool.execute("update notice_cursor set position = 0")
    await here.tell()
    assert len((await outside.seen())["effects"]) == (1 if derived else 2)


async def test_news_that_come_by_two_ways_are_told_once(here: Telling) -> None:
    id = await here.received("1", 1)
    told = [
        {"step": "ISSUE_ESCALATED", "cause": ref("issue", UUID(int=1)), "via": ref("route", UUID(int=way))}
        for way in (1, 2)
    ]
    for version, data in enumerate(told, 2):
        await here.service.pool.execute(
            "insert into journal (kind, stream, version, type, data, actor, occurred_at, recorded_at, cause, correlation, "
            "terms, hash) values ('complaint', $1, $2, 'fiveplusn.intake.ComplaintProgressed.v1', $3, 't::t', town_now(), "
            "town_now(), '', '', '', '')",
            id,
            version,
            json.dumps(data),
        )
    await here.read()
    assert await here.told(id) == [("registered", "QUEUED"), ("issue_escalated", "QUEUED")]


async def test_old_news_are_not_told(here: Telling, outside: Outside) -> None:
    await here.received("1", 1, received_at=here.service.now() - timedelta(days=4))
    await here.received("2", 2)
    await here.read()
    assert await here.told() == [("registered", "QUEUED")]
    await here.pass_time(timedelta(days=4))
    await here.noticing.sender.turn()
    assert (await here.only())["reason"] == "EXPIRED"
    assert await outside.bodies() == []


async def test_a_fact_that_nobody_can_be_told_of_is_set_aside_alone_and_can_be_told_later(
    here: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await here.received("1", 1)
    good = await here.received("2", 2)
    own = here.noticing.reader
    fact = own._facts["fiveplusn.intake.ComplaintReceived.v1"]
    tell = own._teller.tell

    def fails(told: Any, to: Any) -> Any:
        if told.owner == bad:
            raise KeyError("no word for it")
        return tell(told, to)

    object.__setattr__(own._teller, "tell", fails)
    await here.read()
    assert await here.told(bad) == []
    assert await here.told(good) == [("registered", "QUEUED")]
    (aside,) = await here.get("/quarantine", OPERATOR)
    assert (aside["source"], aside["record"]) == ("notices", f"complaint/{bad}/1")
    again = await here.write(f"/quarantine/{aside['id']}/replay", OPERATOR, {"reason": "重试"})
    assert again["replayed"] is False
    object.__setattr__(own._teller, "tell", tell)
    again = await here.write(f"/quarantine/{aside['id']}/replay", OPERATOR, {"reason": "已修复"})
    assert again["replayed"] is True
    assert await here.told(bad) == [("registered", "QUEUED")]
    assert fact.__name__ == "ComplaintReceived"


@pytest.mark.parametrize("taken", [True, False])
async def test_two_senders_never_have_the_same_notice(
    here: Telling, outside: Outside, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    """Seen red: without the mark of being taken the gateway is called twice, and only its own key keeps the effect one."""
    if not taken:
        free = sender._TAKE.replace("and (busy_until is null or busy_until < clock_timestamp())", "")
        monkeypatch.setattr(sender, "_TAKE", free)
    await outside.behaves("slow")
    for number in range(6):
        await here.received(str(number), number)
    await here.read()
    one = here.noticing.sender
    other = sender.Sender(one._base, one._teller, one._templates, one._terms, one._gateway)
    await asyncio.gather(one.turn(), other.turn(), one.turn(), other.turn())
    seen = await outside.seen()
    assert len(seen["effects"]) == 6
    assert (len(seen["calls"]) == 6) is taken
    assert {state for _, state in await here.told()} == {"SENT"}


async def test_who_asked_is_told_in_the_order_in_which_it_happened(here: Telling, outside: Outside) -> None:
    id = await here.received("1", 1)
    await here.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.read()
    await outside.behaves("error")
    await here.noticing.sender.turn()
    await here.open_gate()
    await outside.behaves("ok")
    assert await here.noticing.sender.turn() == 0
    await here.pass_time(timedelta(minutes=2))
    assert await here.noticing.sender.turn() == 1
    assert await here.noticing.sender.turn() == 1
    texts = [body["template"] for body in await outside.bodies()]
    assert texts == ["registered", "registered", "dispatched"]


# ---------------------------------------------------------------------------------------------- the gateway


async def test_the_gateway_gets_a_signed_notice_with_its_key(here: Telling, outside: Outside) -> None:
    await here.received("1", 1)
    await here.tell()
    (call,) = (await outside.seen())["calls"]
    notice = await here.only()
    body = json.loads(call["body"])
    assert sorted(body) == ["id", "parameters", "template", "text", "to"]
    assert body["to"] == "+8619900000001"
    headers = call["headers"]
    assert headers["idempotency-key"] == headers["webhook-id"] == body["id"] == notice["id"]
    stamp = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature(KEY, notice["id"], stamp, call["body"].encode())
    assert (notice["state"], notice["attempts"], notice["reason"]) == ("SENT", 1, None)


@pytest.mark.parametrize(
    ("manner", "state", "reason", "attempts"),
    [
        ("slow", "SENT", None, 1),
        ("drip", "SENT", None, 1),
        ("twice", "SENT", None, 1),
        ("error", "QUEUED", "HTTP_500", 1),
        ("hold", "QUEUED", "TIMEOUT", 1),
        ("close", "QUEUED", "NO_ANSWER", 1),
        ("redirect", "QUEUED", "HTTP_307", 0),
        ("stranger", "QUEUED", "HTTP_401", 0),
        ("busy", "QUEUED", "HTTP_503", 0),
        ("refuse", "FAILED", "HTTP_422", 1),
    ],
)
async def test_however_the_gateway_behaves_there_is_one_effect_and_its_words_are_not_kept(
    here: Telling,
    outside: Outside,
    caplog: pytest.LogCaptureFixture,
    manner: str,
    state: str,
    reason: str | None,
    attempts: int,
) -> None:
    caplog.set_level(logging.DEBUG, "shared")
    await outside.behaves(manner)
    id = await here.received("1", None, complainant={"name": "居民", "phone": CANARY})
    await here.tell()
    notice = await here.only()
    assert (notice["state"], notice["reason"], notice["attempts"]) == (state, reason, attempts)
    await here.open_gate()
    await outside.behaves("ok")
    await outside.release()
    await here.pass_time(timedelta(minutes=2))
    await here.noticing.sender.turn()
    assert (await here.only())["state"] == ("FAILED" if manner == "refuse" else "SENT")
    seen = await outside.seen()
    assert seen["effects"] == ({} if manner == "refuse" else {notice["id"]: 1})
    assert seen["strayed"] == 0
    kept = await here.service.pool.fetch("select n::text as row from notices n where owner = $1", id)
    said = " ".join([row["row"] for row in kept] + [f"{record.__dict__}" for record in caplog.records])
    assert CANARY not in said


async def test_a_notice_that_fails_again_and_again_is_given_up(here: Telling, outside: Outside) -> None:
    await outside.behaves("error")
    await here.received("1", 1)
    await here.read()
    pauses = []
    for _ in range(8):
        before = here.service.now()
        assert await here.noticing.sender.turn() == 1
        await here.open_gate()
        notice = await here.only()
        pauses.append(round((datetime.fromisoformat(notice["next_at"]) - before).total_seconds() / 60))
        await here.pass_time(timedelta(hours=6, minutes=1))
        while not 8 <= here.service.now().astimezone(SHANGHAI).hour < 21:
            await here.pass_time(timedelta(hours=1))
    assert pauses[:3] == [1, 5, 30]
    assert (notice["state"], notice["attempts"], notice["reason"]) == ("FAILED", 8, "HTTP_500")


async def test_a_gateway_that_is_away_is_left_alone_and_no_notice_is_given_up_for_it(
    here: Telling, outside: Outside
) -> None:
    await outside.behaves("stranger")
    for number in range(8):
        await here.received(str(number), number)
    await here.tell()
    assert len(await outside.bodies()) == 8
    assert await here.noticing.sender.turn() == 0
    assert len(await outside.bodies()) == 8
    assert {(n["state"], n["attempts"]) for n in await here.get("/notices", OPERATOR)} == {("QUEUED", 0)}
    await outside.behaves("ok")
    await here.open_gate()
    await here.noticing.sender.turn()
    assert {state for _, state in await here.told()} == {"SENT"}


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_gateway_is_told_only_over_a_line_that_is_its_own(
    postgres: Server, tmp_path: Path, trusted: bool
) -> None:
    pem = certificate(tmp_path / "gateway.pem")
    async with gateway(tmp_path, Ports(tmp_path / "tls.json").take("gateway"), pem) as outside:
        more = {"notices_ca_file": pem} if trusted else {}
        async with telling(postgres, tmp_path, outside.url, **more) as here:
            await here.received("1", 1)
            await here.tell()
            notice = await here.only()
            assert (notice["state"], notice["reason"]) == (("SENT", None) if trusted else ("QUEUED", "UNREACHABLE"))
            assert len(await outside.bodies()) == trusted


async def test_a_gateway_that_nobody_runs_costs_no_attempt(postgres: Server, tmp_path: Path) -> None:
    port = Ports(tmp_path / "nobody.json").take("nobody")
    async with telling(postgres, tmp_path, f"http://{LOOPBACK}:{port}/notices") as here:
        await here.received("1", 1)
        await here.tell()
        notice = await here.only()
        assert (notice["state"], notice["reason"], notice["attempts"]) == ("QUEUED", "UNREACHABLE", 0)


async def test_a_sender_that_is_killed_between_the_gateways_answer_and_its_commit_has_one_effect(
    postgres: Server, tmp_path: Path, outside: Outside
) -> None:
    config = configured(tmp_path, "notices", call="PT5S")
    async with telling(postgres, tmp_path, outside.url, config=config) as here:
        await here.received("1", None, complainant={"phone": CANARY})
        await here.read()
        settings, ports = here.service.settings, Ports(tmp_path / "ports.json")

        def process(name: str) -> Child:
            more = {"notices": outside.url, "notices_secret_file": settings.notices_secret_file}
            return child("intake", name, tmp_path, settings, config, ports.take(name), **more)

        async def calls(n: int) -> bool:
            return len((await outside.seen())["calls"]) >= n

        async def sent() -> bool:
            return (await here.only())["state"] == "SENT"

        await outside.behaves("hold")
        first = process("first")
        first.start()
        await until(lambda: calls(1), "the gateway has it")
        await first.kill()
        assert (await here.only())["state"] == "QUEUED"
        await outside.behaves("ok")
        second = process("second")
        second.start()
        try:
            await until(sent, "another sender has sent it again")
        finally:
            await second.stop((signal.SIGTERM, 10.0))
        seen = await outside.seen()
        assert len(seen["calls"]) == 2
        assert list(seen["effects"].values()) == [1]
        logs = "".join((tmp_path / f"{name}.log").read_text() for name in ("first", "second"))
        assert '"started"' in logs
        assert CANARY not in logs


# ---------------------------------------------------------------------------------------------- to whom, and when


@pytest.mark.parametrize(
    ("complainant", "reason"),
    [({}, "NO_CONTACT"), ({"phone": "010-12345678"}, "NO_CONTACT"), ({"person_key": "wx-7"}, "NO_CONTACT")],
)
async def test_whoever_cannot_be_reached_is_not_told(
    here: Telling, outside: Outside, complainant: dict[str, str], reason: str
) -> None:
    await here.received("1", None, complainant=complainant)
    await here.tell()
    notice = await here.only()
    assert (notice["state"], notice["reason"]) == ("SUPPRESSED", reason)
    assert await outside.bodies() == []


async def test_an_erased_person_is_not_told_and_the_notice_forgets_them(here: Telling, outside: Outside) -> None:
    await here.received("1", 1)
    await here.read()
    await here.service.pool.execute("delete from vault_keys")
    await here.tell()
    notice = await here.only()
    assert (notice["state"], notice["reason"]) == ("SUPPRESSED", "ERASED")
    assert await here.service.pool.fetchval("select subject from notices") is None
    assert await outside.bodies() == []


async def test_who_does_not_want_to_be_told_is_not_until_they_want_it_again(here: Telling, outside: Outside) -> None:
    id = await here.received("1", 1)
    path = f"/complaints/{id}/notice-preference"
    assert (await here.call("POST", path, VILLAGE, {"wanted": False})).status_code == 404
    assert (await here.call("POST", path, FEEDER, {"wanted": False})).status_code == 403
    assert (await here.call("POST", path, DISPATCHER, {"wanted": "maybe"})).status_code == 422
    for _ in range(2):
        await here.post(path, wanted=False)
    other = await here.received("2", 1, category="停车管理")
    await here.tell()
    assert await here.told() == [("registered", "SUPPRESSED")] * 2
    await here.post(path, wanted=True)
    await here.post(f"/complaints/{other}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.tell()
    assert (await here.told(other))[-1] == ("dispatched", "SENT")
    actions = await here.service.pool.fetch("select action, subject from audit order by position")
    assert [row["action"] for row in actions] == ["notices.refused"] * 2 + ["notices.wanted"]
    assert {row["subject"] for row in actions} == {f"complaint/{id}"}
    await here.service.pool.execute("delete from vault_keys")
    assert (await here.call("POST", path, DISPATCHER, {"wanted": False})).status_code == 410


async def test_at_night_only_critical_matters_are_told(here: Telling, outside: Outside) -> None:
    evening = BEGIN.replace(hour=20, minute=50)
    await here.at(evening)
    backlog = await here.received("0", 3)
    await here.read()
    await here.at(evening + timedelta(minutes=11))
    await here.received("1", 1)
    critical = await here.received("2", 2, category="扬言")
    await here.tell()
    assert await here.told(critical) == [("registered", "SENT")]
    assert await here.told(backlog) == [("registered", "QUEUED")]
    assert len(await outside.bodies()) == 1
    metrics = (await here.call("GET", "/metrics", OPERATOR)).text
    assert "fiveplusn_notices_queued 2.0" in metrics
    assert "fiveplusn_notices_lateness_seconds 0.0" in metrics
    await here.at(evening + timedelta(hours=11, minutes=9))
    await here.tell()
    assert len(await outside.bodies()) == 1
    await here.at(evening + timedelta(hours=11, minutes=11))
    await here.tell()
    assert {state for _, state in await here.told()} == {"SENT"}


# ---------------------------------------------------------------------------------------------- receipts


async def test_a_receipt_says_once_that_it_arrived(here: Telling) -> None:
    await here.received("1", 1)
    await here.tell()
    path = f"/notices/{(await here.only())['id']}/delivery"
    at = here.service.now()
    for who in (FEEDER, Bearer("service"), FEEDER):
        assert (await here.write(path, who, {"delivered": True, "at": at}))["state"] == "DELIVERED"
    arrived = (await here.only())["delivered_at"]
    await here.write(path, FEEDER, {"delivered": True, "at": at - timedelta(minutes=1)})
    assert (await here.only())["delivered_at"] == arrived
    late = {"delivered": False, "at": at, "why": "ABSENT"}
    assert await here.reasons(path, FEEDER, late) == ["already_delivered"]
    assert (await here.only())["state"] == "DELIVERED"


async def test_a_receipt_says_that_it_did_not_arrive_and_may_be_corrected(here: Telling) -> None:
    await here.received("1", 1)
    await here.tell()
    path, at = f"/notices/{(await here.only())['id']}/delivery", here.service.now()
    await here.write(path, FEEDER, {"delivered": False, "at": at, "why": "ABSENT"})
    notice = await here.only()
    assert (notice["state"], notice["reason"]) == ("FAILED", "UNDELIVERED_ABSENT")
    assert await here.noticing.sender.turn() == 0
    assert (await here.write(path, FEEDER, {"delivered": True, "at": at}))["state"] == "DELIVERED"


async def test_a_receipt_that_makes_no_sense_changes_nothing(here: Telling) -> None:
    await here.received("1", None)
    await here.tell()
    path, at = f"/notices/{(await here.only())['id']}/delivery", here.service.now()
    fine = {"delivered": True, "at": at}
    assert await here.reasons(path, FEEDER, fine) == ["never_sent"]
    assert await here.reasons(path, FEEDER, fine | {"why": "ABSENT"}) == ["delivered_has_no_reason"]
    assert await here.reasons(path, FEEDER, fine | {"at": at + timedelta(hours=1)}) == ["in_the_future"]
    for wrong in ({"delivered": False, "at": at, "why": CANARY}, {"delivered": True}, {**fine, "to": CANARY}):
        assert (await here.call("POST", path, FEEDER, wrong)).status_code == 422
    assert (await here.call("POST", path, DISPATCHER, fine)).status_code == 403
    assert (await here.call("POST", f"/notices/{uuid4()}/delivery", FEEDER, fine)).status_code == 404
    assert (await here.only())["state"] == "SUPPRESSED"


async def test_a_receipt_that_is_faster_than_our_own_commit_stands(here: Telling, outside: Outside) -> None:
    await outside.behaves("hold")
    await here.received("1", 1)
    await here.read()
    sending = asyncio.create_task(here.noticing.sender.turn())

    async def called() -> bool:
        return len(await outside.bodies()) == 1

    await until(called, "the gateway has it")
    path = f"/notices/{(await here.only())['id']}/delivery"
    await here.write(path, FEEDER, {"delivered": True, "at": here.service.now()})
    await outside.release()
    await sending
    assert (await here.only())["state"] == "DELIVERED"


async def test_what_is_over_for_long_is_forgotten(here: Telling) -> None:
    await here.received("1", 1)
    await here.tell()
    await here.received("2", 2)
    await here.read()
    await here.pass_time(timedelta(days=181))
    await here.noticing.sender._forget()
    assert await here.told() == [("registered", "QUEUED")]
