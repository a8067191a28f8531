"""Five thousand deadlines of departments: each is missed once, whoever dies and wherever the clock goes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from ops.embedded.keys import Bearer
from ops.embedded.stack import ROOT
from ops.ports import Ports
from services.escalation.domain import reporting, whistle
from services.escalation.domain.asked import ApproveWhistle, Escalate, RequestWhistle
from services.escalation.domain.duty import duty_id
from services.escalation.domain.terms import Terms
from services.escalation.main import PLAN
from services.escalation.store import DUTIES, ISSUES
from shared.events.base import derived
from shared.events.escalation import DutyRole
from shared.events.vocabulary import WhistleKind
from shared.plumbing.change import together
from shared.plumbing.service import Service
from shared.plumbing.settings import Mode, Settings
from shared.plumbing.work import Work
from shared.rules.township import SHANGHAI, UnitLevel
from tests.support import choice
from tests.support.pair import PARTITIONS, Pair, until
from tests.support.running import migrated
from tests.support.servers import Server, ask

BEGIN = datetime(2024, 2, 1, 9, tzinfo=SHANGHAI)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHISTLES, STEPS = 168, 3
DEPARTMENTS = 10
PER_TRANSACTION = 12


def issue_id(number: int) -> UUID:
    """The ids of this test."""
    return derived("deadlines", number)


def kind_of(number: int) -> WhistleKind:
    """Every kind in turn: clock hours and working days."""
    return tuple(WhistleKind)[number % len(WhistleKind)]


@dataclass
class Escalation(Pair):
    """The real service in one or two processes."""

    async def make_topics(self) -> None:
        """What it hears and says."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.address)
        await admin.start()
        names = ("intake", "deliberation", "escalation")
        await admin.create_topics([NewTopic(f"{name}.events", PARTITIONS, 1) for name in names])
        await admin.close()

    async def jump(self, moment: datetime) -> None:
        """The town's clock goes there, between the turns of two timers."""
        con = await asyncpg.connect(self.databases["escalation"])
        async with con.transaction():
            await con.execute("lock table timers in exclusive mode")
            await con.execute("update town_clock set ahead = $1 - clock_timestamp()", moment)
        await con.close()

    async def both_have_picked(self, moment: datetime) -> None:
        """The town's clock goes there, and nobody may claim a timer until both replicas want to claim their first."""
        con = await asyncpg.connect(self.databases["escalation"])
        async with con.transaction():
            await con.execute("lock table timers in exclusive mode")
            await self.query("escalation", "update town_clock set ahead = $1 - clock_timestamp()", moment)

            async def both() -> bool:
                rows = await self.query(
                    "escalation",
                    "select count(*) as n from pg_stat_activity where datname = current_database() "
                    "and wait_event_type = 'Lock'",
                )
                return rows[0]["n"] == 2

            await until(both, "both replicas have picked what is due")
        await con.close()

    async def missed(self) -> int:
        """How many deadlines have been missed so far."""
        rows = await self.query(
            "escalation", "select count(*) as n from journal where type like '%.DutyDeadlineMissed.%'"
        )
        return int(rows[0]["n"])

    async def kill_after(self, name: str, more: int) -> None:
        """In the middle of its work: as soon as so many more have been missed."""
        before = await self.missed()

        async def enough() -> bool:
            return await self.missed() >= before + more

        await until(enough, f"{more} more deadlines are missed")
        await self.children[name].kill()

    async def silent(self) -> None:
        """No timer is left."""

        async def none() -> bool:
            rows = await self.query("escalation", "select count(*) as n from timers where due_at <= town_now()")
            return rows[0]["n"] == 0

        await until(none, "every timer that is due has rung")

    async def extend(self, door: str, numbers: Sequence[int], due_at: datetime) -> None:
        """The town gives more time, all at once."""
        now = datetime.now(UTC)
        token = self.keys.token(Bearer("supervisor"), now=now, lifetime=HOUR)
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:

            async def one(number: int) -> None:
                body = {"due_at": due_at.isoformat(), "reason": "雨天停工"}
                url = f"{self.urls[door]}/issues/{issue_id(number)}/extension"
                (await client.post(url, json=body)).raise_for_status()

            await asyncio.gather(*(one(number) for number in numbers))

    async def call_departments(self, whistles: int) -> None:
        """So many whistles, each with its departments, by the service's own rules and its own way to write."""
        settings = Settings(
            service="escalation",
            mode=Mode.EMBEDDED,
            database_url=self.databases["escalation"],
            kafka=self.broker.address,
            master_key_file=self.keys.master_key,
            jwks_file=self.keys.jwks,
            config=ROOT / "config",
        )
        service = await Service.open(PLAN, settings)
        for first in range(0, whistles, PER_TRANSACTION):
            numbers = range(first, min(first + PER_TRANSACTION, whistles))

            def decide(work: Work, numbers: Sequence[int] = numbers) -> dict[str, object]:
                for number in numbers:
                    blow(work, service, number)
                return {}

            await together(service.base, [], ask(), decide)
        await service.pool.close()


def blow(work: Work, service: Service[Terms], number: int) -> None:
    """Requested, approved, escalated, and every department called."""
    kind, now = kind_of(number), work.now
    district = [unit.code for unit in service.town.units if unit.level is UnitLevel.DISTRICT][:DEPARTMENTS]
    wish = RequestWhistle(community="dahuichang", category="WATER", public_title="供水管爆裂", whistle=kind)
    due_at = now + (20 * HOUR if kind is WhistleKind.EMERGENCY else 6 * DAY)
    call = Escalate(task="抢修", lead=district[0], support=tuple(district[1:]), due_at=due_at)
    terms, calendar, town = service.today, service.calendar, service.town
    issue = work.born(ISSUES, issue_id(number))
    issue.change(whistle.request, wish, by="dahuichang", now=now, terms=terms, calendar=calendar, town=town)
    issue.change(whistle.approve, ApproveWhistle(), now=now)
    issue.change(whistle.escalate, call, by="town", now=now, terms=terms, calendar=calendar, town=town)
    assert issue.state is not None
    for place, department in enumerate(district):
        work.born(DUTIES, duty_id(issue.id, department)).change(
            reporting.call,
            department,
            DutyRole.SUPPORT if place else DutyRole.LEAD,
            issue=issue.state,
            issue_id=issue.id,
            now=now,
            terms=terms,
            calendar=calendar,
        )


@asynccontextmanager
async def escalation(postgres: Server, folder: Path) -> AsyncIterator[Escalation]:
    """Escalation on Thursday 2024-02-01, 09:00, with a broker of its own."""
    async with migrated(postgres, "escalation", BEGIN) as url:
        (folder / "logs").mkdir()
        broker = choice.broker(folder, Ports(folder / "ports.json"))
        environment = {"FIVEPLUSN_CONFIG": str(ROOT / "config")}
        opened = Escalation(folder, {"escalation": url}, broker, environment)
        await opened.prepare()
        try:
            yield opened
        finally:
            await opened.stop()


async def reproaches(town: Escalation) -> list[asyncpg.Record]:
    """Every miss: whose, which step, of which deadline version, how often, and whether it came when it was due."""
    return await town.query(
        "escalation",
        "select d.issue, j.stream, j.data->>'step' as step, (j.data->>'deadline_version')::int as version, "
        "count(*) as times, bool_and(j.occurred_at = (j.data->>'due_at')::timestamptz) as dated, "
        "bool_and(j.recorded_at >= j.occurred_at) as in_time "
        "from journal j join duties d on d.id = j.stream where j.type like '%.DutyDeadlineMissed.%' group by 1, 2, 3, 4",
    )


async def check_once(town: Escalation, whistles: int, extended: Sequence[int] = ()) -> None:
    """Every step of every duty was missed once, at its moment, and never by a due date that had been moved."""
    found = await reproaches(town)
    assert len(found) == len({(row["stream"], row["step"]) for row in found}) == whistles * DEPARTMENTS * STEPS
    assert {row["times"] for row in found} == {1}, "nobody is reproached twice"
    assert all(row["dated"] and row["in_time"] for row in found)
    moved = {issue_id(number) for number in extended}
    due = [row for row in found if row["step"] == "DUE"]
    assert {row["issue"] for row in due if row["version"] == 2} == moved
    warnings = await town.query(
        "escalation",
        "select max(times) as times from (select count(*) as times from journal "
        "where type like '%.DutyDeadlineNear.%' group by stream, data->>'step', data->>'deadline_version') w",
    )
    assert warnings[0]["times"] in (None, 1), "nobody is warned twice"
    levels = await town.query(
        "escalation",
        "select stream from journal where type like '%.SupervisionStarted.%' or type like '%.IssueRaisedToDistrict.%' "
        "group by stream having count(*) <> 4",
    )
    assert levels == [], "each level of supervision was reached once"
    gaps = await town.query(
        "escalation", "select stream from journal group by stream having count(*) <> max(version) or min(version) <> 1"
    )
    assert gaps == []


async def test_five_thousand_deadlines_are_each_missed_once_by_two_replicas_that_die_while_the_clock_jumps(
    postgres: Server, tmp_path: Path
) -> None:
    async with escalation(postgres, tmp_path) as town:
        await town.call_departments(WHISTLES)
        assert WHISTLES * DEPARTMENTS * STEPS >= 5000
        await town.jump(BEGIN + HOUR)  # what an emergency owes in minutes
        town.start("escalation", plan="services.escalation.main:PLAN")
        await town.kill_after("escalation", 50)
        await town.jump(BEGIN + 2 * DAY)  # nobody is there
        for replica in (0, 1):
            town.start("escalation", plan="services.escalation.main:PLAN", replica=replica)
        await asyncio.gather(town.ready("escalation"), town.ready("escalation-1"))
        extended = [number for number in range(WHISTLES) if kind_of(number) is WhistleKind.PUBLIC_DEMAND]
        await town.extend("escalation-1", extended, BEGIN + 10 * DAY)
        await town.jump(BEGIN + HOUR)  # backwards
        await town.jump(BEGIN + 90 * DAY)
        await town.kill_after("escalation-1", 500)
        await town.silent()
        await check_once(town, WHISTLES, extended)


async def test_without_claims_and_memory_two_replicas_reproach_twice(postgres: Server, tmp_path: Path) -> None:
    """The check can fail: whoever has picked a timer fires it, and the rule forgets what was said."""
    async with escalation(postgres, tmp_path) as town:
        await town.call_departments(8)
        names = [
            town.start("escalation", "--without", "claims", plan="tests.support.forgetful:ESCALATION", replica=replica)
            for replica in (0, 1)
        ]
        await asyncio.gather(*map(town.ready, names))
        await town.both_have_picked(BEGIN + 90 * DAY)
        await town.silent()
        with pytest.raises(AssertionError, match="nobody is reproached twice"):
            await check_once(town, 8)
