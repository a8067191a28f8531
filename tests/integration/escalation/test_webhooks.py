"""推送: a department's own system hears of its duties: signed, in order, at least once; and nobody else's."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from ops.ports import LOOPBACK, Ports
from services.escalation.main import PLAN
from shared.events.base import derived
from shared.events.escalation import DutyRole
from shared.plumbing import following
from shared.plumbing.keyring import Ring
from shared.plumbing.vault import Keys, Vault, rewrap
from shared.plumbing.webhooks.hooking import Webhooks
from shared.plumbing.webhooks.sender import Sender
from shared.plumbing.webhooks.signing import key_of
from shared.rules.township import SHANGHAI
from tests.integration.escalation.town import BEGIN, DAY, HOUR, HOUSING, LEADER, WATER, blown
from tests.support.pair import until
from tests.support.receiver import Department, department
from tests.support.running import OPERATOR, Running, child, configured, live
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
BECAUSE = {"reason": "部门自有系统"}
UNIT, OTHER = "district-housing", "district-water"
HOOK, OTHER_HOOK = f"/webhooks/{UNIT}", f"/webhooks/{OTHER}"
AUDITOR = Bearer("auditor")


class Sending(Running):
    """A service whose test reads the journal and sends when it wants to."""

    @property
    def webhooks(self) -> Webhooks:
        assert self.service.webhooks is not None
        return self.service.webhooks

    async def read(self) -> None:
        """Until everything is read; others on this server may still be writing elsewhere."""

        async def all_read() -> bool:
            while await self.webhooks.reader.turn():
                pass
            return bool(
                await self.service.pool.fetchval(
                    "select (select position from webhook_cursor) = (select coalesce(max(position), 0) from journal)"
                )
            )

        await until(all_read, "the journal is read")

    async def send(self, *units: str) -> None:
        """Read, then send what is due."""
        await self.read()
        for unit in units or (UNIT,):
            while await self.webhooks.sender.turn(unit):
                pass

    async def later(self, **pause: float) -> None:
        """So much later, without any timer."""
        await self.call("PUT", "/clock", OPERATOR, {"forward": f"PT{int(timedelta(**pause).total_seconds())}S"})

    async def register(self, there: Department, path: str = HOOK, **more: Any) -> dict[str, Any]:
        """A webhook whose receiver knows its secret."""
        answer = await self.call("PUT", path, OPERATOR, {"url": there.url, **BECAUSE, **more})
        assert answer.status_code == 200, answer.text
        there.knows(answer.json()["secret"])
        return dict(answer.json())

    async def hook(self, path: str = HOOK) -> dict[str, Any]:
        return dict(await self.get(path))

    async def deliveries(self, path: str = HOOK) -> list[dict[str, Any]]:
        """Oldest first."""
        return list(reversed((await self.get(f"{path}/deliveries?limit=1000"))["deliveries"]))

    async def states(self, path: str = HOOK) -> list[str]:
        return [delivery["state"] for delivery in await self.deliveries(path)]


@pytest_asyncio.fixture(loop_scope="session")
async def port(tmp_path: Path) -> int:
    return Ports(tmp_path / "receiver-ports.json").take("receiver")


@pytest_asyncio.fixture(loop_scope="session")
async def there(tmp_path: Path, port: int) -> AsyncIterator[Department]:
    """A department's own system."""
    async with department(tmp_path, port) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def here(postgres: Server, tmp_path: Path, port: int) -> AsyncIterator[Sending]:
    """Escalation on Thursday 2024-02-01, 09:00; this machine counts as the town's intranet."""
    allowed = {"webhooks_networks": ["127.0.0.0/8"], "webhooks_ports": [port, 443], "webhooks_plain": True}
    async with live(Sending, postgres, tmp_path, PLAN, BEGIN, **allowed) as service:
        await service.at(BEGIN)
        yield service
        await service.webhooks.caller.close()


async def test_every_fact_of_its_duties_comes_signed_and_in_order(here: Sending, there: Department) -> None:
    made = await here.register(there)
    assert made["secret"].startswith("whsec_")
    _, duties = await blown(here)
    duty = duties[UNIT].removeprefix("/duties/")
    await here.post(f"{duties[UNIT]}/check-in", HOUSING, {"mode": "ON_SITE"})
    await here.post(f"{duties[OTHER]}/acknowledge", WATER)
    await here.send()
    assert await there.taken() == ["DutyCalled", "DutyAcknowledged", "DepartmentCheckedIn"]
    assert await there.ids() == [f"duty/{duty}/{version}" for version in (1, 2, 3)]
    first = json.loads((await there.calls())[0]["body"])
    assert first["type"] == "fiveplusn.escalation.DutyCalled.v1"
    assert (first["stream"], first["version"]) == (f"duty/{duty}", 1)
    assert (first["data"]["department"], first["data"]["role"]) == (UNIT, DutyRole.LEAD)
    assert datetime.fromisoformat(first["timestamp"]).astimezone(SHANGHAI).date() == BEGIN.date()
    assert await here.states() == ["DELIVERED"] * 3


async def test_a_thin_message_says_only_where_to_look_and_types_may_be_chosen(here: Sending, there: Department) -> None:
    types = ["fiveplusn.escalation.DutyCalled.v1"]
    await here.register(there, types=types, payload="THIN")
    _, duties = await blown(here)
    await here.post(f"{duties[UNIT]}/acknowledge", HOUSING)
    await here.send()
    (call,) = await there.calls()
    assert json.loads(call["body"])["data"] == {}
    assert (await here.hook())["types"] == types


async def test_a_receiver_that_is_down_gets_everything_later_and_in_order(here: Sending, there: Department) -> None:
    await here.register(there)
    await there.behaves("error")
    _, duties = await blown(here)
    await here.send()
    await here.post(f"{duties[UNIT]}/acknowledge", HOUSING)
    await here.send()
    assert len(await there.calls()) == 1, "one trial, and the second fact waits behind the first"
    hook = await here.hook()
    assert (hook["failures"], hook["code"], hook["pending"]) == (1, "HTTP_500", 2)
    await there.behaves("ok")
    await here.later(seconds=7)
    await here.send()
    assert await there.taken() == ["DutyCalled", "DutyAcknowledged"]
    assert (await here.hook())["failures"] == 0


async def test_pauses_follow_the_schedule_and_then_it_is_disabled_with_nothing_lost(
    here: Sending, there: Department
) -> None:
    await here.register(there)
    await there.behaves("busy")
    await blown(here)
    await here.send()
    pauses = here.webhooks.terms.versions[0].pauses
    for failed, pause in enumerate(pauses, 1):
        assert (await here.hook())["failures"] == failed
        wished = max(pause.total_seconds(), 120)  # it asks for two minutes
        await here.later(seconds=wished - 2)
        await here.send()
        assert len(await there.calls()) == failed, "too early"
        await here.later(seconds=3 + wished / 5)
        await here.send()
        assert len(await there.calls()) == failed + 1
    hook = await here.hook()
    assert (hook["state"], hook["reason"], hook["pending"]) == ("DISABLED", "FAILING", 1)
    await here.later(days=3)
    await here.send()
    assert len(await there.calls()) == len(pauses) + 1
    await there.behaves("ok")
    await here.post(f"{HOOK}/resume", OPERATOR, BECAUSE)
    await here.send()
    assert await there.taken() == ["DutyCalled"]
    assert "fiveplusn_webhooks_disabled_total 1.0" in (await here.call("GET", "/metrics", OPERATOR)).text


async def test_gone_disables_at_once(here: Sending, there: Department) -> None:
    await here.register(there)
    await there.behaves("gone")
    await blown(here)
    await here.send()
    hook = await here.hook()
    assert (hook["state"], hook["reason"], hook["pending"]) == ("DISABLED", "GONE", 1)
    assert len(await there.calls()) == 1


async def test_one_message_that_is_refused_for_days_is_given_up_and_holds_up_no_other_duty(
    here: Sending, there: Department
) -> None:
    await here.register(there)
    _, first = await blown(here)
    await there.behaves("ok", **{first[UNIT].replace("/duties/", "duty/"): "refuse"})
    await here.post(f"{first[UNIT]}/acknowledge", HOUSING)
    await here.send()
    assert await here.states() == ["QUEUED", "QUEUED"]
    assert (await here.hook())["failures"] == 0
    for pause in here.webhooks.terms.versions[0].pauses:
        await here.later(seconds=1 + pause.total_seconds() * 1.2)
        await here.send()
    assert [(d["state"], d["code"]) for d in await here.deliveries()][:1] == [("FAILED", "HTTP_422")]
    assert (await here.hook())["state"] == "ACTIVE"
    await there.behaves("ok")
    await here.later(days=2)
    await here.send()
    assert await here.states() == ["FAILED", "DELIVERED"]
    lost = (await here.deliveries())[0]["message"]
    assert (await here.post(f"{HOOK}/replay", HOUSING, {"message": lost, **BECAUSE}))["queued"] == 1
    await here.send()
    assert await here.states() == ["DELIVERED", "DELIVERED"]


async def test_a_slow_receiver_holds_up_nobody_else(
    here: Sending, there: Department, tmp_path_factory: pytest.TempPathFactory, port: int
) -> None:
    await here.register(there)
    secret = (await here.register(there, OTHER_HOOK))["secret"]
    _, duties = await blown(here)
    await there.behaves("ok", **{duties[UNIT].replace("/duties/", "duty/"): "hold"})
    there.knows(secret)
    await here.read()
    assert sorted(await here.webhooks.sender.begin()) == [UNIT, OTHER]

    async def other_got_it() -> bool:
        return await here.states(OTHER_HOOK) == ["DELIVERED"]

    await until(other_got_it, "the other department has its message")
    assert await here.states() == ["QUEUED"]
    assert await here.webhooks.sender.begin() == [UNIT], "nobody calls it twice"
    await there.release()

    async def ended() -> bool:
        return not await here.webhooks.sender.begin()

    await until(ended, "the slow one has answered")
    assert await here.states() == ["DELIVERED"]


async def test_two_senders_never_have_the_same_message(here: Sending, there: Department) -> None:
    await here.register(there)
    for number in range(6):
        await one_more(here, number)
    await here.read()

    async def all_of_it() -> None:
        while await here.webhooks.sender.turn(UNIT):
            pass

    await asyncio.gather(*(all_of_it() for _ in range(4)))
    ids = await there.ids()
    assert len(ids) == len(set(ids)) == 6


async def one_more(here: Sending, number: int) -> None:
    """One more duty of the department."""
    asked = {
        "community": "dahuichang",
        "category": "WATER",
        "public_title": f"供水第{number}处",
        "whistle": "PUBLIC_DEMAND",
        "lead": UNIT,
        "due_at": here.service.now() + 5 * DAY,
    }
    id = (await here.post("/issues", LEADER, asked))["id"]
    await here.post(f"/issues/{id}/approve", LEADER)
    await here.post(f"/issues/{id}/escalate", LEADER, {"task": "抢修"})


async def test_a_secret_is_exchanged_while_both_sign_and_is_shown_once(here: Sending, there: Department) -> None:
    old = (await here.register(there))["secret"]
    new = (await here.post(f"{HOOK}/secret", OPERATOR, BECAUSE))["secret"]
    assert new != old
    await one_more(here, 1)
    await here.send()
    signed = (await there.calls())[-1]
    assert signed["signed"], "the department still has the old one"
    assert len(signed["headers"]["webhook-signature"].split(" ")) == 2
    there.knows(new)
    await one_more(here, 2)
    await here.send()
    assert (await there.calls())[-1]["signed"]
    await here.later(days=8)
    there.knows(old)
    await one_more(here, 3)
    await here.send()
    last = (await there.calls())[-1]
    assert not last["signed"] and len(last["headers"]["webhook-signature"].split(" ")) == 1
    rows = await here.service.pool.fetch("select * from webhooks")
    seen = [str(dict(row)) for row in rows] + [json.dumps(await here.hook()), json.dumps(await here.deliveries())]
    seen += [row[0] for row in await here.service.pool.fetch("select answer::text from idempotency")]
    assert not any(secret in text for text in seen for secret in (old, new, old[6:], new[6:]))


async def test_a_repeated_registration_changes_nothing_and_shows_no_secret(here: Sending, there: Department) -> None:
    first = await here.register(there)
    key = {"Idempotency-Key": "once"}
    body = json.dumps(BECAUSE).encode()
    token = {"Authorization": f"Bearer {token_of(here, OPERATOR)}", "Content-Type": "application/json"}
    answers = [(await here.client.post(f"{HOOK}/secret", content=body, headers=token | key)).json() for _ in range(2)]
    assert "secret" in answers[0] and "secret" not in answers[1]
    assert answers[0]["fingerprint"] == answers[1]["fingerprint"] != first["fingerprint"]
    again = (await here.call("PUT", HOOK, OPERATOR, {"url": there.url, **BECAUSE})).json()
    assert again == {"unit": UNIT, "version": 3, "fingerprint": answers[0]["fingerprint"]}
    stale = await here.client.put(
        HOOK, content=json.dumps({"url": there.url, **BECAUSE}).encode(), headers=token | {"If-Match": "1"}
    )
    assert stale.status_code == 412


def token_of(here: Sending, who: Bearer) -> str:
    return here.keys.token(who, now=datetime.now(UTC), lifetime=timedelta(hours=1))


async def test_a_secret_outlives_the_key_that_wraps_everything(here: Sending, there: Department) -> None:
    secret = (await here.register(there))["secret"]
    ring = Ring.read(here.service.settings.master_key_file, ["escalation"]).grown()
    async with here.service.pool.acquire() as con:
        assert await rewrap(con, Keys(ring, "escalation").wrap) == 1
    sender, keys = here.webhooks.sender, Keys(ring.shrunk(), "escalation")
    anew = Sender("escalation", here.service.base, Vault(keys), here.webhooks.terms, here.webhooks.caller)
    assert await anew.keys(UNIT, both=False) == [key_of(secret)]
    with pytest.raises(ValueError, match="newer key"):
        await sender.keys(UNIT, both=False)
    await here.service.pool.execute("delete from vault_keys")
    assert (await here.call("POST", f"{HOOK}/test", OPERATOR)).status_code == 410
    assert await there.calls() == [], "nothing is sent unsigned"


async def test_what_happens_while_it_is_paused_is_sent_afterwards(here: Sending, there: Department) -> None:
    await here.register(there)
    await here.post(f"{HOOK}/pause", OPERATOR, BECAUSE)
    assert await here.refused(f"{HOOK}/pause", OPERATOR, BECAUSE) == ["wrong_state"]
    await one_more(here, 1)
    await here.send()
    assert await there.calls() == []
    await here.post(f"{HOOK}/resume", OPERATOR, BECAUSE)
    assert await here.refused(f"{HOOK}/resume", OPERATOR, BECAUSE) == ["wrong_state"]
    await here.send()
    assert await there.taken() == ["DutyCalled"]


async def test_everything_since_a_moment_is_replayed_with_the_same_ids_even_from_before_the_registration(
    here: Sending, there: Department
) -> None:
    await one_more(here, 0)
    await here.read()
    await here.at(BEGIN + HOUR)
    await here.register(there)
    await one_more(here, 1)
    await here.send()
    ids = await there.ids()
    assert len(ids) == 1
    since = (BEGIN + HOUR).isoformat()
    assert (await here.post(f"{HOOK}/replay", HOUSING, {"since": since, **BECAUSE}))["queued"] == 1
    await here.send()
    assert await there.ids() == ids * 2
    assert (await here.post(f"{HOOK}/replay", OPERATOR, {"since": BEGIN.isoformat(), **BECAUSE}))["queued"] == 2
    await here.send()
    assert len(set(await there.ids())) == 2
    for wrong in ({}, {"since": since, "message": ids[0]}):
        assert await here.refused(f"{HOOK}/replay", OPERATOR, wrong | BECAUSE) == ["since_or_message"]
    other = {"message": f"duty/{UUID(int=0x13911112222)}/1", **BECAUSE}  # no telephone number
    assert (await here.call("POST", f"{HOOK}/replay", OPERATOR, other)).status_code == 404


async def test_removing_forgets_the_secret_and_what_was_waiting(here: Sending, there: Department) -> None:
    await here.register(there)
    await one_more(here, 1)
    await here.read()
    await here.post(f"{HOOK}/remove", OPERATOR, BECAUSE)
    await here.send()
    assert await there.calls() == []
    for table in ("webhooks", "webhook_deliveries", "vault", "vault_keys"):
        assert await here.service.pool.fetchval(f"select count(*) from {table}") == 0
    assert (await here.call("GET", HOOK, OPERATOR)).status_code == 404
    assert (await here.call("POST", f"{HOOK}/remove", OPERATOR, BECAUSE)).status_code == 404


async def test_a_test_message_is_sent_at_once_and_tells_how_it_was_answered(here: Sending, there: Department) -> None:
    await here.register(there)
    assert await here.post(f"{HOOK}/test", HOUSING) == {
        "message": (await there.ids())[0],
        "taken": True,
        "status": 204,
        "code": None,
    }
    await there.behaves("redirect")
    answer = await here.post(f"{HOOK}/test", OPERATOR)
    assert (answer["taken"], answer["status"], answer["code"]) == (False, 307, "HTTP_307")
    assert await there.strayed() == 0, "nobody follows it"
    assert (await here.hook())["failures"] == 0


async def test_who_may_do_what_and_that_it_is_kept(here: Sending, there: Department) -> None:
    body = {"url": there.url, **BECAUSE}
    for who in (HOUSING, AUDITOR, Bearer("secretary", ("dahuichang",))):
        assert (await here.call("PUT", HOOK, who, body)).status_code == 403
    assert (await here.call("PUT", "/webhooks/nobody", OPERATOR, body)).status_code == 404
    await here.register(there)
    for path in (HOOK, f"{HOOK}/deliveries"):
        assert (await here.call("GET", path, WATER)).status_code == 404
        assert (await here.call("GET", path, HOUSING)).status_code == 200
    for path in ("test", "replay"):
        told = {"since": BEGIN.isoformat(), **BECAUSE} if path == "replay" else None
        assert (await here.call("POST", f"{HOOK}/{path}", WATER, told)).status_code == 404
    await here.post(f"{HOOK}/secret", OPERATOR, BECAUSE)
    kept = (await here.get(f"/audit?subject=webhook/{UNIT}", AUDITOR))["entries"]
    assert [entry["action"] for entry in kept] == ["webhook.exchange", "webhook.register"]
    assert {entry["reason"] for entry in kept} == {BECAUSE["reason"]}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://10.0.0.1/hook", "address_not_allowed"),
        ("https://[::ffff:10.0.0.1]/hook", "address_not_allowed"),
        ("https://169.254.169.254/latest", "address_not_allowed"),
        ("https://example.org:22/hook", "port_not_allowed"),
        ("https://name:word@example.org/hook", "url_with_credentials"),
        ("https://example.org/hook#there", "bad_url"),
        ("https://[::1/hook", "bad_url"),
    ],
)
async def test_an_address_that_leads_elsewhere_is_not_registered(here: Sending, url: str, code: str) -> None:
    answer = await here.call("PUT", HOOK, OPERATOR, {"url": url, **BECAUSE})
    assert answer.status_code == 409, answer.text
    assert code in [reason["code"] for reason in answer.json()["errors"]]
    unknown = {"url": "https://example.org/", "types": ["fiveplusn.intake.ComplaintReceived.v1"], **BECAUSE}
    refused = (await here.call("PUT", HOOK, OPERATOR, unknown)).json()["errors"]
    assert [(reason["code"], reason["pointer"]) for reason in refused] == [("unknown_type", "/types/0")]


async def test_a_name_that_leads_into_our_own_rooms_is_never_called(
    here: Sending, there: Department, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen red: with `Guard.allows` answering yes, the message arrives."""
    await here.register(there)
    await here.call("PUT", HOOK, OPERATOR, {"url": f"http://localhost:{port}/hook", **BECAUSE})
    monkeypatch.setattr(here.webhooks.guard, "_networks", ())
    await one_more(here, 1)
    await here.send()
    assert await there.calls() == []
    hook = await here.hook()
    assert (hook["code"], hook["failures"], hook["pending"]) == ("ADDRESS_NOT_ALLOWED", 1, 1)


@pytest.mark.parametrize("waits", [True, False])
async def test_a_fact_that_commits_after_a_later_one_is_sent_too(
    here: Sending, there: Department, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    """Seen red: a reader that goes straight to the last position never meets the lower one that commits afterwards."""
    await here.register(there)
    _, duties = await blown(here)
    await here.send()
    before = await there.ids()
    if not waits:
        monkeypatch.setattr(
            following, "_FENCE", "select (select max(position) from journal) as last, 0::bigint as fence"
        )
    copied = """
        insert into journal
        (kind, stream, version, type, data, cause, correlation, hash, actor, occurred_at, terms, recorded_at)
        select kind, $1, version, type, data, cause, correlation, hash, actor, occurred_at, terms, recorded_at from journal
        where stream = $2 and version = 1
    """
    duty = UUID(duties[UNIT].removeprefix("/duties/"))
    async with here.service.pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(copied, derived("late"), duty)
        await here.service.pool.execute(copied, derived("early"), duty)
        for _ in range(3):
            await here.webhooks.reader.turn()
        await transaction.commit()
    await here.send()
    got = {id.split("/")[1] for id in await there.ids() if id not in before}
    assert got == ({str(derived("late")), str(derived("early"))} if waits else {str(derived("early"))})


async def test_a_departments_own_system_answers_by_api_although_senders_are_killed(
    postgres: Server, tmp_path: Path
) -> None:
    """Two real processes of the service, one after the other, and a real receiver, which checks with the standard's library.

    Seen red: a sender that marks a message as delivered before it calls loses the one that was under way.
    """
    ports = Ports(tmp_path / "ports.json")
    port, api = ports.take("receiver"), ports.take("second")
    config = configured(tmp_path, "webhooks", call="PT5S")
    allowed = {"webhooks_networks": ["127.0.0.0/8"], "webhooks_ports": [port], "webhooks_plain": True}
    token = tmp_path / "token"
    async with live(Sending, postgres, tmp_path, PLAN, BEGIN, config=config, **allowed) as here:
        settings = here.service.settings
        token.write_text(token_of(here, HOUSING))
        given = {name: json.dumps(value) for name, value in allowed.items()}
        async with department(tmp_path, port, f"http://{LOOPBACK}:{api}", token) as there:
            await here.register(there)
            await there.behaves("hold")
            _, duties = await blown(here)
            duty = duties[UNIT]

            async def called() -> bool:
                return bool(await there.calls())

            first = child("escalation", "first", tmp_path, settings, config, ports.take("first"), **given)
            first.start()
            await until(called, "the receiver has it")
            await first.kill()
            assert await here.states() == ["QUEUED"]
            await there.behaves("error")
            await there.release()
            second = child("escalation", "second", tmp_path, settings, config, api, **given)
            second.start()
            try:

                async def failed() -> bool:
                    return (await here.hook())["failures"] == 1

                await until(failed, "the second process has tried")
                await there.behaves("ok")
                await here.later(seconds=7)

                async def both() -> bool:
                    return await here.states() == ["DELIVERED", "DELIVERED"]

                await until(both, "the answer by API has made a fact, which was told, too")
            finally:
                await second.stop((signal.SIGTERM, 10.0))
            stream = duty.replace("/duties/", "duty/")
            ids = [call["headers"]["webhook-id"] for call in await there.calls()]
            assert ids == [f"{stream}/1"] * 3 + [f"{stream}/2"]
            assert all(call["signed"] for call in await there.calls())
            assert (await here.get(duty))["state"] == "ACKNOWLEDGED"
            journal = await here.service.pool.fetchval(
                "select actor from journal where type like '%DutyAcknowledged.v1'"
            )
            assert journal.startswith(f"officer:{UNIT}:")
            await here.post(f"{HOOK}/replay", OPERATOR, {"message": f"{stream}/1", **BECAUSE})
            third = child("escalation", "third", tmp_path, settings, config, api, **given)
            third.start()
            try:

                async def again() -> bool:
                    return len(await there.calls()) == 5 and await here.states() == ["DELIVERED", "DELIVERED"]

                await until(again, "it was sent again")
            finally:
                await third.stop((signal.SIGTERM, 10.0))
            last = (await there.calls())[-1]
            assert (last["headers"]["webhook-id"], last["answered"]) == (f"{stream}/1", 200)
            assert (await here.get(duty))["version"] == 2, "the key of the repeated answer has made it harmless"
            logs = "".join((tmp_path / f"{name}.log").read_text() for name in ("first", "second", "third"))
            assert "whsec_" not in logs and '"started"' in logs
