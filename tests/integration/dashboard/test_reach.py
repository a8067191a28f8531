"""Whose business a fact is: who may see it on the dashboard, and by which filters it is found."""

import random

import pytest

from ops.embedded.keys import Bearer
from services.dashboard.looking import COLUMNS, Filters, View, scope_of
from shared.events.base import derived, ref
from shared.plumbing.caller import Person, Reach
from shared.plumbing.query import checked
from shared.rules.township import Role
from tests.integration.dashboard.town import (
    EVERYBODY,
    HOUSING,
    OPERATOR,
    OTHERS,
    SECRETARY,
    WATER,
    complaint,
    everywhere,
    heard,
    ids,
    received,
)
from tests.support.running import Running

ISSUE = ref("issue", derived("test", "issue"))
FILTERS = (
    "",
    "type=ComplaintReceived",
    "type=fiveplusn.intake.ComplaintDispatched.v1&type=IssueEscalated",
    "kind=issue",
    "kind=issue&kind=complaint&service=intake",
    "community=zhangguozhuang",
    "department=district-water",
    "department=district-water&community=dahuichang&type=ComplaintDispatched",
    f"stream={complaint(0).rpartition('/')[2]}",
)


async def seen(here: Running, who: Bearer, query: str = "") -> list[str]:
    return [fact["id"] for fact in (await here.get(f"/facts?{query}", who))["facts"]]


async def test_everybody_sees_what_is_their_business_and_nothing_else(here: Running) -> None:
    await here.service.inbox.absorb(heard(here.service, everywhere()))
    one, other, secret = (complaint(n) for n in range(3))
    assert await seen(here, OPERATOR) == [f"{stream}/{version}" for stream, version, _ in everywhere()]
    assert await seen(here, SECRETARY) == [*(f"{one}/{n}" for n in (1, 2, 3, 4)), f"{ISSUE}/1", f"{ISSUE}/2"]
    assert await seen(here, OTHERS) == [f"{other}/1", f"{other}/2", f"{ISSUE}/2"]
    assert await seen(here, HOUSING) == [f"{one}/2", f"{one}/3", f"{secret}/2"]
    assert await seen(here, WATER) == [f"{one}/4", f"{other}/2", f"{ISSUE}/2"]


async def test_the_summary_counts_only_what_the_caller_sees(here: Running) -> None:
    await here.service.inbox.absorb(heard(here.service, everywhere()))
    for who in EVERYBODY:
        assert (await here.get("/summary", who))["facts"] == len(await seen(here, who))


@pytest.mark.parametrize("query", FILTERS)
async def test_a_page_and_the_stream_show_everybody_the_same(here: Running, query: str) -> None:
    """In the database and in memory the same question has the same answer."""
    await here.service.inbox.absorb(heard(here.service, everywhere()))
    for who in EVERYBODY:
        pages = await seen(here, who, query)
        answer = await here.call("GET", f"/stream?follow=false&after=0&{query}", who)
        assert answer.status_code == 200
        assert ids(answer.text) == pages
    rows = await here.service.pool.fetch(f"select {COLUMNS} from facts order by number")
    pairs = [tuple(part.split("=")) for part in query.split("&") if part]
    conditions = checked(Filters, pairs)  # type: ignore[arg-type]
    for who in EVERYBODY:
        reach = Reach.COMMUNITY if who.communities else Reach.DEPARTMENT if who.department else Reach.TOWN
        person = Person("x", Role(who.role), reach, frozenset(who.communities), who.department)
        assert isinstance(conditions, Filters)
        view = View.of(conditions, person)
        memory = [f"{r['kind']}/{r['stream']}/{r['version']}" for r in rows if view.shows(r, scope_of(r))]
        assert memory == await seen(here, who, query)


async def test_the_order_of_streams_does_not_change_whom_a_fact_concerns(here: Running) -> None:
    said = everywhere()
    streams = sorted({stream for stream, _, _ in said})
    random.Random(5).shuffle(streams)
    said.sort(key=lambda one: (streams.index(one[0]), -one[1]))  # and each backwards: all but the first are parked
    for one in said:
        await here.service.inbox.absorb(heard(here.service, [one]))
    assert sorted(await seen(here, HOUSING)) == sorted([f"{complaint(0)}/2", f"{complaint(0)}/3", f"{complaint(2)}/2"])
    assert len(await seen(here, OPERATOR)) == len(everywhere())


async def test_pages_follow_each_other_and_say_up_to_where_they_were_everything(here: Running) -> None:
    await here.service.inbox.absorb(heard(here.service, [(complaint(n), 1, received()) for n in range(7)]))
    found, after = [], 0
    while True:
        page = await here.get(f"/facts?limit=3&after={after}", SECRETARY)
        found += [fact["number"] for fact in page["facts"]]
        after = page["last"]
        if page["next"] is None:
            break
    assert found == [1, 2, 3, 4, 5, 6, 7]
    assert after == 7
    assert (await here.get("/facts?community=zhangguozhuang", SECRETARY))["last"] == 7


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "after=-1", "type=", "type=a%20b", "kind=K", "unknown=1", "stream=x", "after=x"]
)
async def test_what_is_no_question_is_refused(here: Running, query: str) -> None:
    assert (await here.call("GET", f"/facts?{query}", OPERATOR)).status_code == 422


@pytest.mark.parametrize("role", ["feeder", "service"])
async def test_others_may_not_read(here: Running, role: str) -> None:
    for path in ("/facts", "/stream?follow=false", "/summary"):
        assert (await here.call("GET", path, Bearer(role))).status_code == 403
