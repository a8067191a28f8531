"""Webhooks, put together: the reader of the journal, the sender, and what the doors decide."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID, uuid4

import asyncpg
from prometheus_client.metrics_core import Metric

from shared.plumbing.audit import audited
from shared.plumbing.caller import NotFound
from shared.plumbing.change import Ask, Base, VersionMoved, together
from shared.plumbing.database import Connection
from shared.plumbing.metrics import counter, gauge
from shared.plumbing.settings import Settings
from shared.plumbing.vault import Vault
from shared.plumbing.webhooks import book
from shared.plumbing.webhooks.calling import Caller, NotTaken, authority
from shared.plumbing.webhooks.outside import Guard
from shared.plumbing.webhooks.reader import Reader
from shared.plumbing.webhooks.sender import PREVIOUS, SECRET, Sender
from shared.plumbing.webhooks.signing import fingerprint, new_secret
from shared.plumbing.webhooks.words import Told, WebhookState, WebhookTerms, message, owner_of
from shared.plumbing.work import Work
from shared.rules.broken import Reason, refuse
from shared.rules.township import Dated

CALLS = 64
"""So many calls at once, at most, to all receivers together."""
TESTS_PER_HOUR = 60
"""So often one person may have a test message sent."""
_WORDS = {WebhookState.ACTIVE: "推送正在进行", WebhookState.PAUSED: "推送已暂停", WebhookState.DISABLED: "推送已停用"}
_ROW = "select * from webhooks where unit = $1 for update"
Decision = Callable[[Connection, asyncpg.Record | None], Awaitable[None]]


@dataclass(frozen=True)
class Webhooks:
    """What one process does so that departments' own systems hear of their duties."""

    name: str
    told: Told
    base: Base
    vault: Vault
    guard: Guard
    terms: Dated[WebhookTerms]
    caller: Caller
    reader: Reader
    sender: Sender

    @classmethod
    def open(
        cls, told: Told, name: str, base: Base, vault: Vault, settings: Settings, document: Mapping[str, Any]
    ) -> Self:
        """Read and check the terms. `document`: of `township.yaml`."""
        terms = Dated[WebhookTerms].model_validate({"versions": document["webhooks"]})
        guard = Guard(settings.webhooks_networks, settings.webhooks_ports, plain=settings.webhooks_plain)
        caller = Caller(CALLS, authority(settings.webhooks_ca_file, alone=False), guard)
        reader, sender = Reader(base, told), Sender(name, base, vault, terms, caller)
        return cls(name, told, base, vault, guard, terms, caller, reader, sender)

    # -- decided

    async def put(
        self, ask: Ask, unit: str, url: str, types: Sequence[str], reason: str, *, thin: bool
    ) -> dict[str, Any]:
        """登记推送, or change it. `secret` is answered once: when the webhook is new."""
        secret, known = new_secret(), self.told.types

        def decide(row: asyncpg.Record | None) -> str:
            refuse(
                *self.guard.reasons(url),
                *(
                    Reason("unknown_type", "没有这种事件", f"/types/{number}")
                    for number, type in enumerate(types)
                    if type not in known or type in types[:number]
                ),
            )
            return fingerprint(secret) if row is None else str(row["fingerprint"])

        async def write(con: Connection, row: asyncpg.Record | None) -> None:
            if row is None:
                await book.register(con, unit, url, types, thin, fingerprint(secret))
                await self._keep(con, unit, SECRET, secret)
            else:
                await book.alter(con, unit, url, types, thin)

        answer = await self._change(ask, unit, "webhook.register", reason, decide, write, born=True)
        return _with_secret(answer, secret)

    async def exchange(self, ask: Ask, unit: str, reason: str) -> dict[str, Any]:
        """更换密钥: the new `secret` is answered once; the one before signs, too, for a while."""
        secret = new_secret()

        async def write(con: Connection, row: asyncpg.Record | None) -> None:
            now = self.base.clock.now()
            entry = owner_of(self.name, unit), SECRET
            before = (await self.vault.read_entries(con, [entry]))[entry]
            if before is not None:
                await self._keep(con, unit, PREVIOUS, before)
            await self._keep(con, unit, SECRET, secret)
            await book.exchange(con, unit, fingerprint(secret), now + self.terms.on(now).overlap)

        answer = await self._change(ask, unit, "webhook.exchange", reason, lambda _: fingerprint(secret), write)
        return _with_secret(answer, secret)

    async def pause(self, ask: Ask, unit: str, reason: str) -> dict[str, Any]:
        """暂停推送."""

        async def write(con: Connection, _: asyncpg.Record | None) -> None:
            await book.pause(con, unit)

        return await self._change(ask, unit, "webhook.pause", reason, _must_be(WebhookState.ACTIVE), write)

    async def resume(self, ask: Ask, unit: str, reason: str) -> dict[str, Any]:
        """恢复推送, also of a webhook that was disabled: with everything that has waited."""

        async def write(con: Connection, _: asyncpg.Record | None) -> None:
            await book.resume(con, unit)

        standing = _must_be(WebhookState.PAUSED, WebhookState.DISABLED)
        return await self._change(ask, unit, "webhook.resume", reason, standing, write)

    async def remove(self, ask: Ask, unit: str, reason: str) -> dict[str, Any]:
        """注销推送: its secrets are destroyed, and what it has not got is forgotten."""

        async def write(con: Connection, _: asyncpg.Record | None) -> None:
            await book.remove(con, unit)
            await self.vault.forget_person(con, owner_of(self.name, unit))

        return await self._change(ask, unit, "webhook.remove", reason, _as_it_is, write)

    async def replay(
        self, ask: Ask, unit: str, reason: str, since: datetime | None, one: tuple[str, UUID, int] | None
    ) -> dict[str, Any]:
        """重新投递; the ids stay the same, so that whoever has a message already may leave it."""
        queued = 0

        async def write(con: Connection, _: asyncpg.Record | None) -> None:
            nonlocal queued
            queued = await book.replay(con, self.told, unit, since, one)
            if one is not None and not queued:
                raise NotFound(unit)

        await self._change(ask, unit, "webhook.replay", reason, _as_it_is, write)
        return {"unit": unit, "queued": queued}

    async def test(self, ask: Ask, unit: str) -> dict[str, Any]:
        """测试推送: one message without a fact, sent now, also while the webhook is paused or disabled."""
        async with self.base.pool.acquire() as con, con.transaction():
            row = await con.fetchrow(
                "select url, previous_until > town_now() as both from webhooks where unit = $1", unit
            )
            if row is None:
                raise NotFound(unit)
            subject = f"webhook/{unit}"
            await audited(con, ask.caller, "webhook.test", subject, "测试", per_hour=TESTS_PER_HOUR)
        keys = await self.sender.keys(unit, both=bool(row["both"]))
        id = f"test/{uuid4()}"
        now = self.base.clock.now()
        body = message(f"fiveplusn.{self.name}.Test.v1", now, id, 1, {"sent_at": datetime.now(UTC).isoformat()})
        seconds = self.terms.on(now).call.total_seconds()
        try:
            status = await self.caller.post(row["url"], keys, id, body, seconds)
        except NotTaken as error:
            return {"message": id, "taken": False, "status": error.status, "code": error.code}
        return {"message": id, "taken": True, "status": status, "code": None}

    async def _change(
        self,
        ask: Ask,
        unit: str,
        action: str,
        reason: str,
        decide: Callable[[asyncpg.Record | None], str],
        write: Decision,
        *,
        born: bool = False,
    ) -> dict[str, Any]:
        """Lock the row, decide, write, and keep who did it and why, in one transaction. `decide` says the fingerprint."""
        row: asyncpg.Record | None = None

        async def prepare(con: Connection, _: Work) -> None:
            nonlocal row
            row = await con.fetchrow(_ROW, unit)

        def decided(work: Work) -> dict[str, Any]:
            if row is None and not born:
                raise NotFound(unit)
            version = row["version"] if row else 0
            if ask.expected is not None and ask.expected != version:
                raise VersionMoved(version)
            print_ = decide(row)

            async def all_of_it(con: Connection) -> None:
                await write(con, row)
                await audited(con, ask.caller, action, f"webhook/{unit}", reason)

            work.besides.append(all_of_it)
            return {"unit": unit, "version": version + 1, "fingerprint": print_}

        return await together(self.base, [], ask, decided, prepare)

    async def _keep(self, con: Connection, unit: str, field: str, secret: str) -> None:
        """A secret lies in the vault, sealed with a key of the webhook's own."""
        owner = owner_of(self.name, unit)
        await self.vault.put(con, await self.vault.own_key(con, owner), owner, owner, field, secret)

    # -- seen

    async def figures(self) -> list[Metric]:
        """What waits, since when, and whose receiver fails."""
        rows = await book.webhooks(self.base.pool)
        now = self.base.clock.now()
        age = {row["unit"]: (now - row["oldest"]).total_seconds() if row["oldest"] else 0.0 for row in rows}
        return [
            gauge(
                "webhook_pending", "Messages that wait, by unit", *(({"unit": r["unit"]}, r["pending"]) for r in rows)
            ),
            gauge("webhook_age_seconds", "Age of the oldest of them", *(({"unit": u}, a) for u, a in age.items())),
            gauge(
                "webhook_failures",
                "Calls in a row that the receiver has not taken",
                *(({"unit": row["unit"]}, row["failures"]) for row in rows),
            ),
            gauge(
                "webhook_up",
                "1: sends, 0: paused or disabled",
                *(({"unit": r["unit"], "state": r["state"]}, float(r["state"] == WebhookState.ACTIVE)) for r in rows),
            ),
            counter(
                "webhooks",
                "Messages by what became of an attempt to send them",
                *(({"outcome": outcome}, n) for outcome, n in self.sender.outcomes.items()),
            ),
            counter("webhooks_disabled", "Webhooks disabled because nobody takes anything", ({}, self.sender.disabled)),
        ]


def _must_be(*states: WebhookState) -> Callable[[asyncpg.Record | None], str]:
    def decide(row: asyncpg.Record | None) -> str:
        assert row is not None
        state = WebhookState(row["state"])
        refuse(state not in states and Reason("wrong_state", f"{_WORDS[state]}，不能进行此操作"))
        return _as_it_is(row)

    return decide


def _as_it_is(row: asyncpg.Record | None) -> str:
    assert row is not None
    return str(row["fingerprint"])


def _with_secret(answer: dict[str, Any], secret: str) -> dict[str, Any]:
    """With the secret, if it is the one that was kept: the answer to a repeated request has none."""
    return answer | {"secret": secret} if answer["fingerprint"] == fingerprint(secret) else answer
