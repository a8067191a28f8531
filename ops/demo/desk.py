"""The request centre and the units: the everyday handling of demands, several times a day."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from ops.demo.town import DISPATCHER, DemoTown, officer
from ops.demo.traffic import Call
from shared.events.vocabulary import Channel, ComplaintType, Satisfaction

CONFIDENTIAL_UNIT = "town-enforcement"


@dataclass
class Desk:
    """Handles every demand that is not part of a story. `calls`: by number, what the person said and will say."""

    town: DemoTown
    random: Random
    calls: dict[str, Call] = field(default_factory=dict)
    handled_from: dict[str, datetime] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)

    async def take(self, calls: list[Call]) -> None:
        """What came in since: hotline orders on the wire, everything else entered by staff."""
        for call in calls:
            self.calls[call.number] = call
        hotline = [call for call in calls if call.channel is Channel.HOTLINE_12345]
        await self.town.hotline([order(call) for call in hotline])
        await self.town.all(self._enter, [call for call in calls if call.channel is not Channel.HOTLINE_12345])
        for call in hotline:
            await self._find(call)

    async def _enter(self, call: Call) -> None:
        answer = await self.town.post("intake", "/complaints", DISPATCHER, **order(call))
        if answer["outcome"] == "NEW":
            self.ids[answer["id"]] = call.number

    async def _find(self, call: Call) -> None:
        path = f"/complaints?channel={call.channel}&number={call.number}"
        for found in await self.town.pages("intake", path, DISPATCHER):
            if found["number"] in (None, call.number):  # an urge has no complaint of its own
                self.ids[found["id"]] = call.number

    async def round(self) -> None:
        """One look at everything that is open."""
        states = "&".join(f"state={state}" for state in ("RECEIVED", "IN_PROGRESS", "FINISHED", "CALLED_BACK"))
        opened = await self.town.pages("intake", f"/complaints?{states}", DISPATCHER)
        await self.town.all(self._handle, [row for row in opened if row["id"] in self.ids])

    async def _handle(self, row: dict[str, Any]) -> None:
        call = self.calls[self.ids[row["id"]]]
        match row["state"]:
            case "RECEIVED" if call.habit.type is ComplaintType.INQUIRY:
                body = {"answered_at": self._now, "answer": "已按政策规定逐项答复。"}
                await self.town.post("intake", f"/complaints/{row['id']}/answer", DISPATCHER, **body)
            case "RECEIVED":
                await self._dispatch(row, call)
            case "IN_PROGRESS":
                await self._finish(row, call)
            case "FINISHED":
                await self._call_back(row, call)
            case "CALLED_BACK":
                await self._close(row)

    @property
    def _now(self) -> str:
        return self.town.now.isoformat()

    async def _dispatch(self, row: dict[str, Any], call: Call) -> None:
        """To the unit; a wrong one gives it back once, and the right one gets it."""
        path, right = f"/complaints/{row['id']}", call.habit.unit
        lead = call.wrong_unit or right
        body = {
            "lead": lead,
            "urgency": call.habit.urgency,
            "community": call.community,
            "category": call.habit.category,
        }
        await self.town.post("intake", f"{path}/dispatch", DISPATCHER, **body, place=call.place)
        if lead != right:
            who = officer(lead)
            await self.town.post("intake", f"{path}/return-request", who, unit=lead, reason="NOT_MY_DUTY")
            await self.town.post("intake", f"{path}/return", DISPATCHER)
            await self.town.post("intake", f"{path}/dispatch", DISPATCHER, **(body | {"lead": right}), place=call.place)
        who = officer(right)
        await self.town.post("intake", f"{path}/accept", who, unit=right)
        contact = {"unit": right, "contacted_at": self._now, "manner": "PHONE"}
        await self.town.post("intake", f"{path}/contacts", who, **contact)
        days = self.random.choice((0.2, 1, 1, 2, 3, 5) if call.habit.urgency != "URGENT" else (0.2, 0.4))
        self.handled_from[row["id"]] = self.town.now + timedelta(days=days)

    async def _finish(self, row: dict[str, Any], call: Call) -> None:
        if self.handled_from.get(row["id"], self.town.now) > self.town.now or row["open_routes"]:
            return
        who, unit = officer(row["lead"]), row["lead"]
        finished = {
            "unit": unit,
            "finished_at": self._now,
            "spoken_with": "COMPLAINANT",
            "measure": "已到现场处理并告知。",
        }
        await self.town.post("intake", f"/complaints/{row['id']}/finish", who, **finished)

    async def _call_back(self, row: dict[str, Any], call: Call) -> None:
        satisfied = row["id"] in self.again
        await self.town.post(
            "intake",
            f"/complaints/{row['id']}/callbacks",
            DISPATCHER,
            called_at=self._now,
            contacted=True,
            resolved=call.resolved or satisfied,
            satisfaction=Satisfaction.SATISFIED if satisfied else call.answers,
        )

    async def _close(self, row: dict[str, Any]) -> None:
        call = self.calls[self.ids[row["id"]]]
        good = row["id"] in self.again or (
            call.resolved and call.answers in (Satisfaction.SATISFIED, Satisfaction.BASICALLY)
        )
        if good:
            await self.town.post("intake", f"/complaints/{row['id']}/close", DISPATCHER)
        else:
            await self.town.post("intake", f"/complaints/{row['id']}/reopen", DISPATCHER)
            self.again.add(row["id"])
            self.handled_from[row["id"]] = self.town.now + timedelta(days=1)


def order(call: Call) -> dict[str, Any]:
    """The work order of a call. Names and telephone numbers are made up (the range 199-0000 belongs to nobody)."""
    return {
        "number": call.number,
        "channel": call.channel,
        "type": call.habit.type,
        "received_at": call.at.isoformat(),
        "title": call.habit.title,
        "content": call.habit.says,
        "community": call.community if call.told == call.place else None,
        "category": call.habit.category,
        "place": call.told,
        "complainant": {"name": f"居民{call.person}", "phone": f"1990000{call.person:05d}"[:12]},
    }
