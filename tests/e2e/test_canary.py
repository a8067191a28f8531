"""Two hundred people with canaries come in by every door and live to their end: nothing of them is outside the vault."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from ops.client import OPERATOR, Client, Refused
from ops.demo.town import DISPATCHER
from ops.embedded.keys import Bearer
from ops.embedded.stack import Stack
from shared.plumbing.topics import WORK_ORDERS
from tests.support import choice
from tests.support.nursery import Forked
from tests.support.pair import until
from tests.support.scan import everything_outside_the_vault, hits

FEEDER, SUPERVISOR = Bearer("feeder"), Bearer("supervisor")
UNIT = "town-community-office"
OFFICER = Bearer("officer", department=UNIT)
PEOPLE = 200
SURNAMES, GIVEN = "赵钱孙李周吴郑冯陈褚", "鸷鹮鹔鹴鸑鷟鹓鶵鸜鹆"
"""Signs that no other test, no code and no document uses."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A town of its own: what is set aside here would be in the way of other tests."""
    stack = Stack(tmp_path_factory.mktemp("canaries"), servers=choice.town, child=Forked)
    await stack.up()
    yield stack
    await stack.down()


@dataclass(frozen=True)
class Canary:
    """A made-up person: everything about them is found nowhere else."""

    n: int

    @property
    def name(self) -> str:
        return f"{SURNAMES[self.n % 10]}{GIVEN[self.n // 10 % 10]}{GIVEN[self.n // 100]}雀"

    @property
    def phone(self) -> str:
        return f"1977{self.n:03d}{9183 - self.n:04d}"

    @property
    def door(self) -> str:
        return f"{self.n}号楼鹇单元{self.n:03d}鷴"

    @property
    def mailbox(self) -> str:
        return f"canary{self.n:04d}@kingfisher.example"

    @property
    def person_key(self) -> str:
        return f"kingfisher-key-{self.n:04d}"

    @property
    def words(self) -> str:
        return f"鸬鹚第{self.n}号家中漏水"

    @property
    def all(self) -> tuple[str, ...]:
        return self.name, self.phone, self.door, self.mailbox, self.person_key, self.words

    def order(self, **more: object) -> dict[str, Any]:
        """A work order; the number is written in one of several ways, and now and then there is none."""
        phone = self.phone
        written = (phone, f"+86 {phone}", f"{phone[:3]}-{phone[3:7]}-{phone[7:]}", f"({phone[:3]}) {phone[3:]}")[
            self.n % 4
        ]
        key = self.n % 10 == 7
        person = {"name": self.name, "person_key": self.person_key} if key else {"name": self.name, "phone": written}
        return {
            "channel": "HOTLINE_12345",
            "number": f"CANARY-{self.n:04d}",
            "type": ("ASSISTANCE", "INQUIRY", "REPORT", "COMPLAINT")[self.n % 4],
            "received_at": "2024-02-01T09:30:00+08:00",
            "title": f"{self.words}",
            "content": f"我是{self.name}，住{self.door}，电话{self.phone}，邮箱{self.mailbox}",
            "community": "dahuichang",
            "category": "WASTE",
            "complainant": person,
        } | more


async def test_of_two_hundred_people_nothing_is_outside_the_vault(client: Client, stack: Stack) -> None:
    """Seen red: an error named a field by the name that the sender had made up, and that was a resident's."""
    people = [Canary(n) for n in range(PEOPLE)]
    await client.settled()
    refusals: list[str] = []
    for canary in people[::3]:
        await client.post("intake", "/complaints", DISPATCHER, canary.order())
    await _by_the_hotline(stack, [c.order() for c in people[1::3]])
    await _by_the_hotline(stack, [people[n].order(received_at=people[n].words) for n in (1, 4, 7)])
    made_up = [c.order(complainant={c.name: c.phone}) for c in (people[16], people[19])]
    await _by_the_hotline(stack, made_up)
    await _by_the_hotline(stack, [people[n].order(content=people[n].words) for n in (10, 13)])
    rows = [{"row": n, "order": canary.order()} for n, canary in enumerate(people[2::3])]
    rows.append({"row": 9999, "order": people[5].order(content=people[5].words)})
    await client.post("intake", "/imports/rows", FEEDER, {"rows": rows})
    await _registered(client, people)
    await asyncio.gather(*(_hostile(client, canary, refusals) for canary in people[:20]))
    await _live(client, people[:60])
    await _look_and_correct(client, people[60:64], refusals)
    await _erase(client, people[:20], refusals)
    await client.settled()
    original = await client.get(
        "intake", f"/complaints/{await _id(client, people[90])}/original?reason=核实", SUPERVISOR
    )
    assert people[90].name in json.dumps(original, ensure_ascii=False), "the vault has it, or the scan proves nothing"

    everything = await everything_outside_the_vault(stack, client)
    canaries = [text for canary in people for text in canary.all]
    border = everything.pop(WORK_ORDERS)
    assert all(hits({"border": border}, [c.name, c.words]) for c in people[1::3]), "the scan finds what is there"
    assert {"intake.vault", "intake.audit", "intake.quarantine", "metrics intake"} <= everything.keys()
    assert any(place.startswith("file logs") for place in everything)
    everything["errors"] = "\n".join(refusals).encode()
    assert len(refusals) > 100
    assert hits(everything, canaries) == []
    await _discard_all(client)


async def _by_the_hotline(stack: Stack, orders: Sequence[dict[str, Any]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stack.broker.address)
    await producer.start()
    for order in orders:
        await producer.send_and_wait(WORK_ORDERS, json.dumps(order).encode(), key=b"canary")
    await producer.stop()


async def _found(client: Client, canary: Canary) -> list[dict[str, Any]]:
    path = f"/complaints?number=CANARY-{canary.n:04d}&channel=HOTLINE_12345"
    found: list[dict[str, Any]] = (await client.get("intake", path, DISPATCHER))["items"]
    return found


async def _id(client: Client, canary: Canary) -> str:
    return str((await _found(client, canary))[0]["id"])


async def _registered(client: Client, people: Sequence[Canary]) -> None:
    async def there() -> bool:
        found = await asyncio.gather(*(_found(client, canary) for canary in people))
        return all(found) and (await client.flow())["intake"]["quarantine"] >= 8

    await until(there, "all are registered, and what is wrong is set aside")


async def _refused(
    client: Client, refusals: list[str], path: str, who: Bearer, body: object, method: str = "POST"
) -> None:
    """Ask for what must be refused, and keep the answer."""
    with pytest.raises(Refused) as refused:
        await client.call("intake", method, path, who, body)
    assert 400 <= refused.value.status < 500, refused.value
    refusals.append(json.dumps(refused.value.problem, ensure_ascii=False))


async def _hostile(client: Client, canary: Canary, refusals: list[str]) -> None:
    """Bodies that are refused although, or because, there is a person in them."""
    bad = (
        {"type": canary.name},
        {"received_at": canary.words},
        {canary.name: canary.phone},
        {"complainant": {"name": canary.name, "phone": canary.words}},
        {"community": {canary.name: canary.door}},
        {"content": f"{canary.words}\x00"},
        {"title": f"{canary.words}\x07"},
    )
    for changes in bad:
        await _refused(client, refusals, "/complaints", DISPATCHER, canary.order(**changes))
    await _refused(client, refusals, "/people/lookup", DISPATCHER, {"phone": canary.words, "reason": "核实"})
    await _refused(client, refusals, "/people/lookup", DISPATCHER, {"phone": canary.phone, "reason": canary.phone})
    await _refused(client, refusals, "/erasures", SUPERVISOR, {"phone": canary.phone, "ground": canary.name})


async def _live(client: Client, people: Sequence[Canary]) -> None:
    """From the dispatch to the archive; what is confidential, too."""

    async def one(canary: Canary) -> None:
        path = f"/complaints/{await _id(client, canary)}"
        now = (await client.get("intake", "/clock", OPERATOR))["now"]
        if canary.n % 4 == 1:
            body = {"answered_at": now, "answer": "请联系社区居委会"}
            await client.post("intake", f"{path}/answer", DISPATCHER, body)
            return
        await client.post("intake", f"{path}/dispatch", DISPATCHER, {"lead": UNIT, "urgency": "ROUTINE"})
        await client.post("intake", f"{path}/accept", OFFICER, {"unit": UNIT})
        contact = {"unit": UNIT, "contacted_at": now, "manner": "PHONE"}
        await client.post("intake", f"{path}/contacts", OFFICER, contact)
        if canary.n % 4 == 2:  # of a confidential one all may be written: it goes to the vault
            note = f"已联系{canary.name} {canary.phone}"
            await client.post("intake", f"{path}/progress", OFFICER, {"unit": UNIT, "note": note})
        done = {"unit": UNIT, "finished_at": now, "spoken_with": "COMPLAINANT", "measure": "已维修"}
        await client.post("intake", f"{path}/finish", OFFICER, done)
        said = {"called_at": now, "contacted": True, "resolved": True, "satisfaction": "SATISFIED"}
        await client.post("intake", f"{path}/callbacks", DISPATCHER, said)
        await client.post("intake", f"{path}/close", DISPATCHER)

    for start in range(0, len(people), 10):
        await asyncio.gather(*(one(canary) for canary in people[start : start + 10]))


async def _look_and_correct(client: Client, people: Sequence[Canary], refusals: list[str]) -> None:
    for canary in people:
        path = f"/complaints/{await _id(client, canary)}"
        right = {"name": canary.name, "phone": canary.phone, "reason": "本人来电更正"}
        await client.post("intake", f"{path}/contact-correction", DISPATCHER, right)
        found = await client.post("intake", "/people/lookup", DISPATCHER, {"phone": canary.phone, "reason": "本人来电"})
        assert len(found) == 1
        note = {"reason": f"联系{canary.name}，电话{canary.phone}"}
        if canary.n % 4 != 2:
            await _refused(client, refusals, f"{path}/supervise", SUPERVISOR, note)
    copy = {"phone": people[0].phone, "reason": "本人申请副本"}
    assert people[0].words in json.dumps(
        await client.post("intake", "/people/export", DISPATCHER, copy), ensure_ascii=False
    )


async def _erase(client: Client, people: Sequence[Canary], refusals: list[str]) -> None:
    for canary in people:
        id = await _id(client, canary)
        asked = {"complaint": id, "ground": "CONSENT_WITHDRAWN", "reason": "本人书面申请"}
        erasure = await client.post("intake", "/erasures", SUPERVISOR, asked)
        await client.post("intake", f"/erasures/{erasure['id']}/execute", OPERATOR)
        await _refused(client, refusals, f"/complaints/{id}/original?reason=核实", SUPERVISOR, None, "GET")


async def _discard_all(client: Client) -> None:
    for entry in await client.get("intake", "/quarantine", OPERATOR):
        await client.post("intake", f"/quarantine/{entry['id']}/discard", OPERATOR, {"reason": "测试"})
