"""The same wandering through the real doors: people with and without the right to, versions stale and right, keys twice.

Status and facts are as the rule book says; nothing is ever an error of ours; at the end the journals give the tables.
"""

import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest

from ops.embedded.keys import Bearer
from shared.rules.township import SHANGHAI
from tests.integration.intake.town import DISPATCHER, FEEDER, SUPERVISOR, Town
from tests.support.running import OPERATOR
from tests.unit.intake.model import (
    AGO,
    DAY,
    DEFAULTS,
    LEAD,
    MINUTE,
    OTHER,
    OVER,
    Days,
    Life,
    Refused,
    Said,
    some_command,
    some_jump,
)

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
SEED = int(os.environ.get("FIVEPLUSN_MODEL_SEED", "20240201"))
STEPS = int(os.environ.get("FIVEPLUSN_MODEL_STEPS", "500"))
LONGEST, AFTERWARDS = 60, 3
DEPARTMENTS = {unit: Bearer("officer", department=unit) for unit in (LEAD, OTHER)}
STRANGER = Bearer("officer", department="district-fire")
BECAUSE = {"reason": "按规定"}
Body = Callable[[dict[str, Any]], dict[str, Any]]


def _nothing(_: dict[str, Any]) -> dict[str, Any]:
    return {}


def _as_it_is(asked: dict[str, Any]) -> dict[str, Any]:
    return asked


UNIT, DESK, LEADER, BOTH = "unit", (DISPATCHER,), (SUPERVISOR,), (DISPATCHER, SUPERVISOR)
DOORS: dict[str, tuple[str, Any, Body]] = {
    "answer_it": ("answer", DESK, lambda a: {"answered_at": a["at"], "answer": "请联系社区"}),
    "redirect": ("redirect", DESK, lambda a: {"told_at": a["at"], "reason": "属诉讼事项", "right_channel": "人民法院"}),
    "dispatch": ("dispatch", DESK, _as_it_is),
    "accept": ("accept", UNIT, _as_it_is),
    "ask_back": ("return-request", UNIT, _as_it_is),
    "take_back": ("return", DESK, _nothing),
    "leave_it": ("return-rejection", DESK, lambda _: BECAUSE),
    "contact": ("contacts", UNIT, lambda a: {"unit": a["unit"], "contacted_at": a["at"], "manner": "PHONE"}),
    "report": ("progress", UNIT, lambda a: a | {"note": "办理中"}),
    "add_support": ("support-units", DESK, _as_it_is),
    "supervise": ("supervise", BOTH, lambda _: BECAUSE),
    "mark_hard": ("hard-case", BOTH, lambda _: BECAUSE),
    "ask_extension": ("extension-request", UNIT, lambda a: a | {"reason": "需招标"}),
    "grant_extension": ("extension", BOTH, _nothing),
    "deny_extension": ("extension-denial", BOTH, lambda _: BECAUSE),
    "ask_listing": ("listing-request", UNIT, lambda a: a | {"plan": "申请资金"}),
    "grant_listing": ("listing", LEADER, _nothing),
    "deny_listing": ("listing-denial", LEADER, lambda _: BECAUSE),
    "review_listing": ("listing-review", BOTH, lambda a: a | {"finding": "仍未解决"}),
    "end_listing": ("listing-end", BOTH, _nothing),
    "finish": (
        "finish",
        UNIT,
        lambda a: {"unit": a["unit"], "finished_at": a["at"], "spoken_with": "FAMILY", "measure": "已修好"},
    ),
    "try_call": ("callback-tries", DESK, lambda a: {"tried_at": a["at"], "outcome": "NO_ANSWER"}),
    "call_back": (
        "callbacks",
        DESK,
        lambda a: (
            {"called_at": a["at"], "contacted": True} | {k: a[k] for k in ("resolved", "satisfaction", "by_city")}
        ),
    ),
    "reopen": ("reopen", BOTH, _nothing),
    "except_it": ("exception", LEADER, lambda a: a | {"reason": "经研究"}),
    "close": ("close", DESK, _nothing),
}
"""Which door a command goes through, who may, and what it says there."""


class Wanderer:
    """One life after another, at the doors and in the rule book."""

    def __init__(self, here: Town, seed: int) -> None:
        self.here, self.random = here, Random(seed)
        self.now = datetime(2024, 2, 1, 8, tzinfo=SHANGHAI)
        self.statuses, self.asked, self.lives, self.over = Counter[int](), Counter[str](), 0, 0
        self.trail: list[str] = []

    async def begin(self) -> None:
        """Another complaint comes in."""
        self.lives, self.over, self.trail = self.lives + 1, 0, []
        type = self.random.choice(("INQUIRY", "ASSISTANCE", "REPORT"))
        self.life = Life(DEFAULTS, Days(), type=type, confidential=type == "REPORT")
        asked = {"received_at": self.now - DAY, "urgency": self.random.choice(tuple(DEFAULTS["limits"]))}
        order = self.here.order(f"m{self.lives}", self.lives, type=type, **asked)
        self.id = await self.here.received(order.pop("number"), None, **{k: order[k] for k in order if k != "channel"})
        self.journal: Said = self.life.do("receive", self.now, **asked)

    async def step(self) -> None:
        """Time passes, timers ring, somebody asks."""
        random, later = self.random, some_jump(self.random, self.life, self.now)
        near = [at for at, _ in self.life.timers().values() if abs(at - later) < MINUTE]
        reopened = self.life.reopened_at  # the service did it some milliseconds later
        again = reopened is not None and later - reopened in AGO
        await self.to(later + (2 * MINUTE if near or again else timedelta(0)))
        name, asked = some_command(random, self.life, self.now)
        if name not in DOORS:
            return await self.otherwise(name, asked)
        word, may, said = DOORS[name]
        body = json.dumps(said(asked), default=str).encode()
        who = self.speaker(may, asked)
        wrong = random.random()
        if wrong < 0.06:
            await self.status(word, body, random.choice((FEEDER, OPERATOR)), {}, 403)
        elif wrong < 0.09:
            await self.status(word, body, None, {}, 401)
        elif wrong < 0.18 and may == UNIT:
            await self.status(word, body, STRANGER, {}, 409, "not_your_unit")
            mine = json.dumps(json.loads(body) | {"unit": STRANGER.department}).encode()
            await self.status(word, mine, STRANGER, {}, 404)
        elif wrong < 0.24:
            await self.status(
                word, body, who, {"If-Match": str(len(self.journal) + 1)}, 412 if self.reached(who) else 404
            )
        else:
            await self.decide(name, asked, word, body, who)
        return None

    def speaker(self, may: Any, asked: dict[str, Any]) -> Bearer:
        return DEPARTMENTS[asked["unit"]] if may == UNIT else self.random.choice(may)

    def reached(self, who: Bearer) -> bool:
        return who.department is None or who.department in (self.life.lead, *self.life.support)

    async def decide(self, name: str, asked: dict[str, Any], word: str, body: bytes, who: Bearer) -> None:
        """Somebody who may asks: as the rule book says, and the same again for the same key."""
        random, key = self.random, f"key-{self.random.getrandbits(64)}"
        headers = {"Idempotency-Key": key}
        if random.random() < 0.5:
            headers["If-Match"] = f'"{len(self.journal)}"'
        if not self.reached(who):
            await self.status(word, body, who, headers, 404)
            return
        try:
            said = self.life.do(name, self.now, **asked)
        except Refused as refused:
            answer = await self.status(word, body, who, headers, 409)
            assert sorted(error["code"] for error in answer.json()["errors"]) == refused.codes, self.trail
            return
        self.journal += said
        self.asked[name] += bool(said)
        answer = await self.status(word, body, who, headers, 200)
        await self.ring()
        if said and random.random() < 0.3:
            again = await self.status(word, body, who, headers, 200 if self.reached(who) else 404, exact=False)
            if again.status_code == 200:
                assert again.json() == answer.json()
            other = json.dumps(json.loads(body) | {"reason": "另一理由"}).encode()
            if name in ("supervise", "mark_hard"):
                await self.status(word, other, who, {"Idempotency-Key": key}, 422, "key_reused")
            await self.journals()

    async def otherwise(self, name: str, asked: dict[str, Any]) -> None:
        """What comes by another way than a decision: the same order again, a route."""
        if name == "route":
            routes = self.life.routes.values()
            target = f"{asked['wanted'].lower()}/{asked['target']}" if asked["target"] else None
            if any(route["target"] == target if target else route["wanted"] == asked["wanted"] for route in routes):
                return
            title = {"public_title": "无物业"} if asked["title"] else {}
            body = {"wanted": asked["wanted"], "target": asked["target"], **title}
            content = json.dumps(body, default=str).encode()
            try:
                self.life.do("route", self.now, **asked)
            except Refused as refused:
                answer = await self.status("routes", content, DISPATCHER, {}, 409)
                assert sorted(error["code"] for error in answer.json()["errors"]) == refused.codes, self.trail
            else:
                await self.status("routes", content, DISPATCHER, {}, 201)
                self.asked["route"] += 1

    async def to(self, moment: datetime) -> None:
        """The clock moves on; what is due rings in order."""
        self.now = max(moment, self.now)
        await self.here.at(self.now)
        await self.ring()

    async def ring(self) -> None:
        """What is due now rings, here and in the rule book: what was decided may have made it due."""
        while await self.here.service.timers.fire():
            pass
        tried: set[Any] = set()
        while due := sorted(
            timer
            for name, (at, version) in self.life.timers().items()
            if (timer := (at, name, version)) not in tried and at <= self.now
        ):
            at, name, version = due[0]
            tried.add(due[0])
            said = self.life.do("ring", self.now, name=name, due_at=at, version=version)
            self.journal += said
            self.asked["ring"] += bool(said)
        await self.journals()

    async def journals(self) -> None:
        """The journal says what the rule book says."""
        words = await self.here.words(self.id)
        assert words == [word for word, _ in self.journal], "\n".join(self.trail)

    async def status(
        self,
        word: str,
        body: bytes,
        who: Bearer | None,
        headers: dict[str, str],
        expected: int,
        code: str | None = None,
        *,
        exact: bool = True,
    ) -> httpx.Response:
        """Ask; the status must be this."""
        if who is not None:
            token = self.here.keys.token(who, now=datetime.now(UTC), lifetime=timedelta(hours=1))
            headers = headers | {"Authorization": f"Bearer {token}"}
        headers = headers | {"Content-Type": "application/json"}
        answer = await self.here.client.post(f"/complaints/{self.id}/{word}", content=body, headers=headers)
        self.statuses[answer.status_code] += 1
        self.trail.append(f"{self.now} {word} {body.decode()} → {answer.status_code}, expected {expected}")
        assert answer.status_code < 500, self.trail
        if exact or answer.status_code not in (200, 404):
            assert answer.status_code == expected, "\n".join([*self.trail, answer.text])
        if code:
            assert answer.json()["code"] == code
        return answer


async def test_500_steps_through_the_doors_end_as_the_rule_book_says(here: Town) -> None:
    wanderer = Wanderer(here, SEED)
    age = LONGEST
    for _ in range(STEPS):
        if age >= LONGEST or wanderer.over >= AFTERWARDS:
            await wanderer.begin()
            age = 0
        await wanderer.step()
        age += 1
        wanderer.over += wanderer.life.phase in OVER
    print(f"seed {SEED}: {STEPS} steps, {wanderer.lives} lives, {dict(wanderer.statuses)}, {dict(wanderer.asked)}")
    assert {200, 401, 403, 404, 409, 412} <= wanderer.statuses.keys()
    assert wanderer.asked.keys() >= {"dispatch", "accept", "contact", "finish", "call_back", "ring", "route"}
    sound = await here.get("/integrity", OPERATOR)
    assert sound["sound"] is True
    assert await here.get("/quarantine", OPERATOR) == []
    assert UUID(str(wanderer.id))
