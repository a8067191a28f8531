"""The town lives day by day, from the seed's first day until both stories are closed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from ops.client import OPERATOR, Client
from ops.commands.journey import read
from ops.demo import dahuichang, meeting, zhangguozhuang
from ops.demo.desk import Desk
from ops.demo.town import SUPERVISOR, DemoTown, Life, at
from ops.demo.traffic import Call, calls
from ops.embedded.processes import StackError
from shared.rules.township import SHANGHAI, Town

FIRST = date(2024, 2, 1)
"""The demo's town begins when the seed's stories do."""
LAST = date(2024, 12, 31)
TRAFFIC_UNTIL = date(2024, 4, 30)
COMPLAINTS = 360
SEED = 20240201
MISSED = {("village-06", 4)}
"""Who holds no meeting in which month, so that the duty's board has something to show."""
STORY_MONTHS = {"dahuichang": {2, 3, 4}, "zhangguozhuang": {2}}
"""Months in which a story's own meeting is the month's."""
BUSY, QUIET = (meeting.MORNING, (16, 30)), (meeting.MORNING,)
"""When the staff looks at what is open: twice on a working day with traffic, once otherwise."""
Say = Callable[[date, int, int], None]


@dataclass
class Living:
    """Everything that goes on at once: stories, monthly meetings, the desk, and who calls."""

    town: DemoTown
    say: Say
    lives: list[tuple[datetime, int, Life]] = field(default_factory=list)
    stories: set[int] = field(default_factory=set)
    found: dict[str, dict[str, str]] = field(default_factory=dict)

    async def live(self, until: date = LAST) -> None:
        """Until both stories have come to their end, or the end of this day."""
        desk = Desk(self.town, Random(SEED))
        waiting = calls(self.town.town, SEED, FIRST, TRAFFIC_UNTIL, COMPLAINTS)
        for name, story in (("dahuichang", dahuichang.story), ("zhangguozhuang", zhangguozhuang.story)):
            self.found[name] = {}
            await self._begin(story(self.town, self.found[name]), is_story=True)
        beats = _beats()
        moment = next(beats)
        months: set[tuple[int, int]] = set()
        while self.stories:
            if moment.date() > until:
                if until < LAST:
                    break
                raise StackError("demo_not_done", "到年底故事仍未结束")
            await self._meetings_of(moment, months)
            upcoming = min([moment, *(wake for wake, _, _ in self.lives)])
            await self.town.to(upcoming)
            waiting = await self._arrive(desk, waiting)
            await self._go_on()
            if upcoming == moment:
                await desk.round()
                self.say(moment.date(), len(desk.ids), len(self.stories))
                moment = next(beats)
        await self.town.settle()

    async def _begin(self, life: Life, *, is_story: bool = False) -> None:
        number = max((number for _, number, _ in self.lives), default=0) + 1
        if is_story:
            self.stories.add(number)
        await self._step(number, life)

    async def _step(self, number: int, life: Life) -> None:
        try:
            wake = await anext(life)
        except StopAsyncIteration:
            self.stories.discard(number)
            return
        self.lives.append((max(wake, self.town.now), number, life))

    async def _go_on(self) -> None:
        """Whoever waited for this moment goes on."""
        due = sorted((one for one in self.lives if one[0] <= self.town.now), key=lambda one: one[:2])
        self.lives = [one for one in self.lives if one[0] > self.town.now]
        for _, number, life in due:
            await self._step(number, life)

    async def _arrive(self, desk: Desk, waiting: list[Call]) -> list[Call]:
        arrived = [call for call in waiting if call.at <= self.town.now]
        await desk.take(arrived)
        return waiting[len(arrived) :]

    async def _meetings_of(self, moment: datetime, months: set[tuple[int, int]]) -> None:
        """At the beginning of a month every community plans its meeting."""
        day = moment.astimezone(SHANGHAI).date()
        if (day.year, day.month) in months:
            return
        months.add((day.year, day.month))
        for index, community in enumerate(self.town.town.communities):
            planned = STORY_MONTHS.get(community.code, set()) | {m for c, m in MISSED if c == community.code}
            if day.month not in planned:
                first = day.replace(day=1)
                await self._begin(meeting.month(self.town, community.code, first, 5 + 2 * (index % 5)))

    async def report(self, client: Client) -> dict[str, Any]:
        """What happened: the demands, both journeys, the rates of each month, the duty of meeting."""
        listed = await client.pages("intake", "/complaints", OPERATOR)
        flow = await client.flow()
        months = [f"2024-{month:02d}" for month in range(2, self.town.now.month + 1)]
        rates = {month: await client.get("intake", f"/rates?month={month}", SUPERVISOR) for month in months}
        return {
            "complaints": len(listed),
            "closed": sum(row["state"] in ("CLOSED", "ANSWERED", "REDIRECTED") for row in listed),
            "facts": sum(sum(seen["said"].values()) for seen in flow.values()),
            "journeys": [
                await read(client, f"complaint/{self.found['dahuichang']['complaint']}"),
                await read(client, f"topic/{self.found['dahuichang']['motion']}"),
                await read(client, f"complaint/{self.found['zhangguozhuang']['complaint']}"),
            ],
            "rates": rates,
            "duty": await client.get("deliberation", "/duty?year=2024", SUPERVISOR),
            "project": await client.get("projects", f"/projects/{self.found['zhangguozhuang']['project']}", SUPERVISOR),
        }


def _beats() -> Any:
    """The moments at which the staff looks, for ever."""
    day = FIRST
    while True:
        busy = day.weekday() < 5 and day <= TRAFFIC_UNTIL + timedelta(days=14)
        for hour, minute in BUSY if busy else QUIET:
            yield at(day, hour, minute)
        day += timedelta(days=1)


async def live(client: Client, town: Town, say: Say, until: date | None = None) -> dict[str, Any]:
    """Let the town live; what to report. `until`: stop after this day in the middle of everything, and report nothing."""
    async with DemoTown(client, town, at(FIRST, 0)) as opened:
        living = Living(opened, say)
        await living.live(until or LAST)
        return {} if until else await living.report(client)
