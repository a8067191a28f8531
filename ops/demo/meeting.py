"""A 5+N meeting from its preparation to its minutes, as a secretary and a recorder do it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from ops.demo.town import RECORDER_POST, SUPERVISOR, DemoTown, at, recorder, secretary

NOTICE_DAYS = 4
MORNING = (9, 30)
"""When the staff looks at what is open, too: one moment serves all."""
CONVENER = "secretary"


@dataclass
class Sitting:
    """One meeting of a community. `conclusions`: per topic, as `ConcludeTopic` asks for it."""

    town: DemoTown
    community: str
    starts_at: datetime
    topics: Sequence[str]
    conclusions: Sequence[dict[str, Any]]
    guests: Sequence[str] = ()
    positions: dict[str, str] = field(default_factory=dict)
    problem: tuple[str, str] = ("WASTE", "垃圾分类驳站保洁")
    id: str = ""

    async def prepare(self) -> None:
        """Background to everybody, the notice with all five items, the invitations."""
        who = secretary(self.community)
        for topic in self.topics:
            await self.town.post("deliberation", f"/topics/{topic}/background", who, title="议题背景材料")
        self.parties = await self._parties()
        planned = await self.town.post(
            "deliberation",
            "/meetings",
            who,
            community=self.community,
            starts_at=self.starts_at.isoformat(),
            topics=list(self.topics),
            form="CONVENED",
            moderator=CONVENER,
            recorder=RECORDER_POST,
        )
        self.id = planned["id"]
        await self.town.post("deliberation", f"/meetings/{self.id}/notice", who, participants=self.parties)
        await self._invite([*self.parties, *(f"unit/{unit}" for unit in self.guests)])

    async def _parties(self) -> list[str]:
        """Every filled seat and every member, as the platform stands."""
        platform = await self.town.get("deliberation", f"/platforms/{self.community}", secretary(self.community))
        return [
            *(f"seat/{seat}" for seat, held in sorted(platform["seats"].items()) if held["holder"]),
            *(f"member/{member}" for member in platform["members"]),
        ]

    async def _invite(self, parties: Sequence[str]) -> None:
        invitees = [{"party": party} for party in parties]
        path = f"/meetings/{self.id}/invitations"
        await self.town.post("deliberation", path, secretary(self.community), invitees=invitees)

    async def sit(self, absent: str | None = None) -> None:
        """The meeting itself."""
        convener, writer = secretary(self.community), recorder(self.community)
        path = f"/meetings/{self.id}"
        if newcomers := [party for party in await self._parties() if party not in self.parties]:
            await self._invite(newcomers)  # a seat that was filled since the notice
            self.parties += newcomers
        there = [party for party in self.parties if party != absent]
        if absent:
            await self.town.post("deliberation", f"{path}/excuses", convener, party=absent, reason="另有公务")
        present = [f"post/{CONVENER}", f"post/{RECORDER_POST}", *there, *(f"unit/{unit}" for unit in self.guests)]
        await self.town.post("deliberation", f"{path}/attendance", writer, present=present)
        await self.town.post("deliberation", f"{path}/open", convener)
        category, title = self.problem
        problem = {"party": there[0], "category": category, "public_title": title}
        await self.town.post("deliberation", f"{path}/problems", writer, **problem)
        for topic in self.topics:
            for party in there:
                position = {"party": party, "topic": topic, "position": self.positions.get(party, "SUPPORT")}
                await self.town.post("deliberation", f"{path}/positions", writer, **position)
        await self.town.post("deliberation", f"{path}/hold", convener, conclusions=list(self.conclusions))

    async def write(self, text: str) -> None:
        """The minutes, public within three working days."""
        path = f"/meetings/{self.id}/minutes"
        await self.town.post("deliberation", path, recorder(self.community), text=text)

    async def life(self, minutes: str, absent: str | None = None) -> AsyncIterator[datetime]:
        """All of it, each part at its time."""
        await self.prepare()
        yield self.starts_at
        await self.sit(absent)
        yield self.starts_at + timedelta(days=1)
        await self.write(minutes)


async def month(town: DemoTown, community: str, first: date, day: int) -> AsyncIterator[datetime]:
    """The monthly meeting of a community: what is proposed by then, or one motion of the two committees."""
    who = secretary(community)
    yield at(first.replace(day=day), *MORNING)
    proposed = [topic for state in ("PROPOSED", "ACCEPTED") for topic in await town.topics(community, state=state)]
    proposed = [topic for topic in proposed if topic["deferrals"] == 0][:3]
    if not proposed:
        asked = {
            "community": community,
            "category": "GREENING",
            "public_title": "公共空间环境整治",
            "origin": "TWO_COMMITTEES",
        }
        motion = await town.post("deliberation", "/topics", who, **asked)
        proposed = [{"id": motion["id"], "state": "PROPOSED"}]
    for topic in proposed:
        if topic["state"] == "PROPOSED":
            await town.post("deliberation", f"/topics/{topic['id']}/accept", who, scope="PUBLIC_AFFAIRS")
    topics = [topic["id"] for topic in proposed]
    starts_at = at(first.replace(day=day) + timedelta(days=NOTICE_DAYS), *MORNING)
    promised_by = starts_at + timedelta(days=10)
    promise = {"owner": "两委", "unit": community, "task": "按议定方案落实", "due_at": promised_by.isoformat()}
    agreed = [{"topic": topic, "conclusion": {"conclusion": "AGREED", "promises": [promise]}} for topic in topics]
    sitting = Sitting(town, community, starts_at, topics, agreed)
    async for moment in sitting.life("本次会议议题、发言要点和议定事项已记录并公布。"):
        yield moment
    yield starts_at + timedelta(days=6)
    await carry_out(town, community, topics)


async def carry_out(town: DemoTown, community: str, topics: Sequence[str]) -> None:
    """Everything promised is done, the result is public, the topic is closed."""
    who = secretary(community)
    for topic in topics:
        undertakings = await town.pages("deliberation", f"/undertakings?topic={topic}", who)
        for undertaking in undertakings:
            done = {"finished_at": town.now.isoformat()}
            await town.post("deliberation", f"/undertakings/{undertaking['id']}/done", who, **done)
        await town.post("deliberation", f"/topics/{topic}/disclose", who, result="议定事项已全部落实，结果公示。")
        await town.post("deliberation", f"/topics/{topic}/close", who)


async def guide(town: DemoTown, community: str) -> None:
    """镇级指导 on carrying out."""
    guidance = {"subject": "CARRYING_OUT", "text": "按期公开落实情况。", "by": "town-community-office"}
    await town.post("deliberation", f"/platforms/{community}/guidance", SUPERVISOR, **guidance)
