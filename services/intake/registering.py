"""受理登记: one way in for every order, whether a person, the hotline or a file brings it."""

import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from litestar.di import NamedDependency

from services.intake.counting import arm_counts, arm_figures, nobody
from services.intake.domain.asked import Complainant, KeptOrder, Order, Urge
from services.intake.domain.complaint import FINAL, Complaint
from services.intake.domain.locating import whereabouts
from services.intake.domain.people import Corrected
from services.intake.domain.registration import Conflicting, Entry, entry, receive, same_content, urge
from services.intake.domain.repetition import earlier, matter
from services.intake.domain.terms import Terms
from services.intake.store import COMPLAINTS
from shared.events.intake import UrgeKind
from shared.events.vocabulary import Channel
from shared.plumbing.database import Connection
from shared.plumbing.notices.mobile import MOBILE_DIGITS
from shared.plumbing.service import Service
from shared.plumbing.vault import Keys
from shared.plumbing.work import Held, Work
from shared.rules.broken import Reason

IntakeService = Service[Terms]
Here = NamedDependency[IntakeService]

ORDER = "order"
"""The vault's field for an order as it came. An order that urged or added to a complaint: `order/` and its own id."""
CONTACT = "contact"
"""The vault's field for a contact that was put right; the order stays as it came."""
WHEREABOUTS = "whereabouts"
"""The vault's field for the category and place of a confidential complaint, in the town's codes."""

_MATTERS = """
select v.subject, v.owner, v.field from vault v join complaints c on c.id = v.owner
where v.subject = any($1::uuid[]) and (v.field like 'order/%' or (v.field = 'order' and not c.confidential
and (c.state <> all($2::text[]) or c.received_at > $3)))
union all select null, complaint, 'order/' || id from forgotten_orders where id = any($4::uuid[])
"""


_NEW_PERSON = """
select not exists (select from vault_keys where subject = $1) and not exists (select from vault where subject = $1)
and not exists (select from forgotten_orders where id = $2)
"""


class Outcome(StrEnum):
    """What became of an order: a complaint of its own, an urge of an earlier one, or it was known already."""

    NEW = "NEW"
    URGED = "URGED"
    KNOWN = "KNOWN"


@dataclass(frozen=True, slots=True)
class Incoming:
    """An order on its way in. `id`: its own; it becomes the complaint's. `named`: of the order that it adds to or urges."""

    id: UUID
    order: Order
    person: UUID
    named: UUID | None


def incoming(service: IntakeService, order: Order) -> Incoming:
    """Who and what it is, before anything is looked up."""
    id = number_id(service.keys, order.channel, order.number) if order.number else uuid4()
    named = order.urges or order.supplement_of
    contact = contact_of(order.complainant)
    return Incoming(
        id,
        order,
        service.vault.person(contact) if contact else nobody(id),
        number_id(service.keys, order.channel, named) if named else None,
    )


def number_id(keys: Keys, channel: Channel, number: str) -> UUID:
    """The id of the order that has this number at this channel.

    Made with a key: the number of a confidential complaint is no fact, and could be guessed from an open hash.
    """
    return UUID(bytes=hmac.digest(keys.lookup, f"{ORDER}\n{channel}\n{number}".encode(), "sha256")[:16])


async def stands_alone(service: IntakeService, item: Incoming) -> bool:
    """Whether there is nothing to look up and nothing to lock: a new person's order that names no other.

    Should the same person's first orders come at once, only one of them can make the person's key.
    """
    return item.named is None and bool(await service.pool.fetchval(_NEW_PERSON, item.person, item.id))


def contact_of(complainant: Complainant) -> str | None:
    """How a person is told from others: the telephone number, however it is written, or the sender's own key."""
    if digits := "".join(filter(str.isdigit, complainant.phone or "")):
        mobile = len(digits) > MOBILE_DIGITS and digits[-MOBILE_DIGITS] == "1"
        return f"phone\n{digits[-MOBILE_DIGITS:] if mobile else digits}"
    return f"key\n{complainant.person_key}" if complainant.person_key else None


def correction(text: str) -> Corrected:
    """The corrected contact in this entry of the vault."""
    return Corrected.model_validate_json(text)


@dataclass(frozen=True, slots=True)
class Registered:
    """Which complaint an order belongs to now."""

    complaint: Held[Complaint]
    outcome: Outcome


class Desk:
    """What must be known before orders are decided: the people's keys, their matters, what came under the same numbers.

    People's keys are locked before complaints, so that one person's orders are decided one by one.
    """

    def __init__(self, service: IntakeService, keys: dict[UUID, bytes], terms: Terms) -> None:
        self._service, self._keys, self._terms = service, keys, terms
        self._matters: dict[UUID, list[UUID]] = {}
        self._urged: dict[UUID, UUID] = {}
        self._kept: dict[UUID, str | None] = {}

    @classmethod
    async def open(cls, service: IntakeService, con: Connection, work: Work, arriving: Sequence[Incoming]) -> "Desk":
        """Look everything up for a whole batch, and lock it."""
        people = {item.person for item in arriving}
        terms = service.terms.on(work.now)
        desk = cls(service, await service.vault.unlock(con, people), terms)
        since = work.now - timedelta(days=terms.repeat_window_days)
        orders = [item.id for item in arriving]
        for row in await con.fetch(_MATTERS, list(people), sorted(FINAL), since, orders):
            if row["field"] == ORDER:
                desk._matters.setdefault(row["subject"], []).append(row["owner"])
            else:
                desk._urged[UUID(row["field"].removeprefix(f"{ORDER}/"))] = row["owner"]
        wanted = {item.id for item in arriving} | {item.named for item in arriving if item.named}
        wanted |= {id for ids in desk._matters.values() for id in ids} | set(desk._urged.values())
        await work.load(con, [(COMPLAINTS, id) for id in wanted])
        await desk._read_known(con, work, arriving)
        return desk

    async def _read_known(self, con: Connection, work: Work, arriving: Iterable[Incoming]) -> None:
        places = {}
        for item in arriving:
            if item.id in self._urged:
                places[self._urged[item.id], f"{ORDER}/{item.id}"] = item.id
            elif work.born(COMPLAINTS, item.id).state is not None:
                places[item.id, ORDER] = item.id
        if places:
            found = await self._service.vault.read_entries(con, list(places))
            self._kept = {places[place]: text for place, text in found.items()}

    def register(self, work: Work, item: Incoming, *, imported: bool = False) -> Registered:
        """Register, urge, or recognise one order; raises `Conflicting`."""
        own = work.born(COMPLAINTS, item.id)
        same = self._same_content(item, own.state)
        if item.id in self._urged:
            if same is False:
                raise Conflicting(Reason("conflicting_content", "同一工单编号的内容与已登记的不一致", "/content"))
            return Registered(work.born(COMPLAINTS, self._urged[item.id]), Outcome.KNOWN)
        before, closed = self._before(work, item)
        known = own.state is not None
        if before is not None and entry(own.state, before.state, imported=imported) is Entry.URGE:
            return self._urge(work, item, before)
        own.change(
            receive,
            item.order,
            now=work.now,
            terms=self._terms,
            town=self._service.town,
            open_matter=before is not None and before.state is not None and before.state.state not in FINAL,
            closed_matter=closed,
            imported=imported,
            same_content=same,
        )
        if known:
            return Registered(own, Outcome.KNOWN)
        self._remember(work, item, own)
        arm_counts(work, own.state)
        arm_figures(work, self._service.terms, None, own.state, work.now)
        return Registered(own, Outcome.NEW)

    def _before(self, work: Work, item: Incoming) -> tuple[Held[Complaint] | None, bool]:
        """The complaint that this order names, or the same person's same matter; and whether one was closed lately."""
        if item.named:
            named = work.born(COMPLAINTS, self._urged.get(item.named, item.named))
            if named.state is not None:
                return named, named.state.state in FINAL
        mine = [work.born(COMPLAINTS, id) for id in self._matters.get(item.person, ()) if id != item.id]
        states = {id(held.state): held for held in mine if held.state is not None}
        if not states:
            return None, False
        found = earlier(
            matter(item.order, self._service.town),
            [held.state for held in states.values() if held.state is not None],
            now=work.now,
            terms=self._terms,
        )
        return (states[id(found.open)] if found.open else None), found.closed

    def _urge(self, work: Work, item: Incoming, before: Held[Complaint]) -> Registered:
        kind = UrgeKind.SUPPLEMENT if item.order.supplement_of and not item.order.urges else UrgeKind.URGE
        asked = Urge(order=item.id, urge=kind, urged_at=min(item.order.received_at, work.now))
        before.change(urge, asked, terms=self._terms)
        text = item.order.model_dump_json()
        self._keep(work, before.id, item, {f"{ORDER}/{item.id}": text})
        self._urged[item.id] = before.id
        return Registered(before, Outcome.URGED)

    def _remember(self, work: Work, item: Incoming, own: Held[Complaint]) -> None:
        entries = {ORDER: item.order.model_dump_json()}
        if own.state is not None and own.state.confidential:
            where, category = whereabouts(item.order, self._service.town)
            hidden = {"category": category, "community": where.community, "place": where.place}
            entries[WHEREABOUTS] = json.dumps(hidden)
        else:
            self._matters.setdefault(item.person, []).append(own.id)
        self._keep(work, own.id, item, entries)

    def _keep(self, work: Work, owner: UUID, item: Incoming, entries: dict[str, str]) -> None:
        self._service.vault.keep(work, self._keys, owner, item.person, entries)
        self._kept[item.id] = entries.get(ORDER) or entries[f"{ORDER}/{item.id}"]

    def _same_content(self, item: Incoming, known: Complaint | None) -> bool | None:
        """None: nothing to compare with, or it was erased."""
        text = self._kept.get(item.id)
        if text is None:
            return None
        return same_content(KeptOrder.model_validate_json(text), item.order, known, self._service.town)
