"""三率 through the real doors: published when the month is over, published anew when something changes, never silently."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from ops.embedded.keys import Bearer
from services.intake.counting import month_id
from services.intake.domain.rates import Month
from shared.plumbing.database import Connection
from shared.plumbing.journal import whole_end
from shared.rules.township import SHANGHAI
from tests.integration.intake.town import DAY, FEEDER, HOUR, OFFICER, SUPERVISOR, UNIT, Town
from tests.support.running import OPERATOR

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
VILLAGE = Bearer("secretary", ("dahuichang",))
FEBRUARY = month_id(Month(2024, 2))
OVER = datetime(2024, 2, 19, tzinfo=SHANGHAI)
PUBLISHED = OVER + 3 * DAY
PLACES = [("大灰厂社区", "大灰厂小区"), ("张郭庄村", "张郭庄村道路"), (None, None)]


async def finished(here: Town, number: int, **more: object) -> UUID:
    """A complaint of its own person that waits for its callback."""
    id = await here.received(str(number), number, **more)
    path = await here.handled(id)
    done = {"unit": UNIT, "spoken_with": "COMPLAINANT", "measure": "已办理"}
    await here.post(f"{path}/finish", OFFICER, finished_at=here.service.now(), **done)
    return id


async def called(here: Town, id: UUID, *, resolved: bool = True, answer: str = "SATISFIED", city: bool = False) -> None:
    said = {"contacted": True, "resolved": resolved, "satisfaction": answer, "by_city": city}
    await here.post(f"/complaints/{id}/callbacks", called_at=here.service.now(), **said)


async def figure(here: Town, query: str = "month=2024-02", who: Bearer = SUPERVISOR) -> dict[str, Any]:
    found: dict[str, Any] = await here.get(f"/rates?{query}", who)
    return found


async def sound(here: Town) -> dict[str, Any]:
    found: dict[str, Any] = await here.get("/rates/verification?month=2024-02", SUPERVISOR)
    return found


async def sums_hold(here: Town) -> None:
    for by in ("unit", "first_handler", "community", "category", "channel", "type"):
        found = await figure(here, f"month=2024-02&by={by}")
        for name in ("received", "finished", "base", "contacted", "resolved", "satisfied", "excluded", "open"):
            assert sum(one[name] for one in found["figures"]) == found["town"][name], (by, name)


async def test_the_vector_as_rows_through_the_doors_makes_93_04(here: Town) -> None:
    for number in range(50):
        community, place = PLACES[number % 3]
        id = await finished(here, number, community=community, place=place)
        answer = "SATISFIED" if number < 40 else "BASICALLY" if number < 47 else "NEUTRAL"
        await called(here, id, resolved=number < 46, answer=answer)
    for number in range(50, 53):
        await here.received(str(number), number)
    now = await figure(here)
    assert (now["version"], now["closed"], now["received"], now["base"]) == (None, False, 53, 50)
    await here.at(PUBLISHED)
    found = await figure(here)
    assert (found["received"], found["base"], found["finished"], found["waiting"]) == (53, 50, 50, 3)
    assert found["numerators"] == {"response": 50, "resolution": 46, "satisfaction": 46.3}
    rates = (found["response"], found["resolution"], found["satisfaction"], found["score"])
    assert rates == (100.0, 92.0, 92.6, 93.04)
    assert (found["version"], found["terms"], found["closed"], found["causes"]) == (1, "2019-01-01", True, [])
    assert (found["from"], found["until"]) == ("2024-01-19T00:00:00+08:00", "2024-02-19T00:00:00+08:00")
    await sums_hold(here)
    assert await sound(here) == {
        "sound": True,
        "month": "2024-02",
        "versions": 1,
        "current": True,
        "differences": [],
    }
    assert (await here.get("/integrity", OPERATOR))["sound"] is True


async def test_nothing_is_published_before_its_time_and_every_month_in_its_turn(here: Town) -> None:
    await here.received("1", 1)
    await here.at(PUBLISHED - timedelta(seconds=1))
    assert await here.words(FEBRUARY) == []
    await here.at(PUBLISHED + 62 * DAY)
    for month in (2, 3, 4):
        assert await here.words(month_id(Month(2024, month))) == ["RatesPublished"]
    series = await here.get("/rates/months?from=2024-01&until=2024-05", SUPERVISOR)
    assert [(one["month"], one["version"], one["received"], one["score"]) for one in series] == [
        ("2024-01", None, 0, None),
        ("2024-02", 1, 1, None),
        ("2024-03", 1, 0, None),
        ("2024-04", 1, 0, None),
        ("2024-05", None, 0, None),
    ]


async def test_a_timer_that_was_set_by_other_terms_waits_for_the_time_that_holds_now(here: Town) -> None:
    await here.service.pool.execute("update timers set due_at = $1 where name = 'publish'", OVER)
    await here.at(OVER + HOUR)
    assert await here.words(FEBRUARY) == []
    await here.at(PUBLISHED)
    assert await here.words(FEBRUARY) == ["RatesPublished"]


async def test_a_late_callback_makes_a_new_version_and_the_old_one_stands(here: Town) -> None:
    first, second = await finished(here, 1), await finished(here, 2)
    await called(here, first, resolved=False, answer="DISSATISFIED")
    await here.at(PUBLISHED)
    before = await figure(here)
    assert (before["version"], before["base"], before["score"]) == (1, 1, 10.0)
    await called(here, second)
    assert await figure(here) == before
    assert (await sound(here))["current"] is False
    await here.pass_time(2 * HOUR)
    found = await figure(here)
    assert (found["version"], found["base"], found["score"]) == (2, 2, 55.0)
    assert found["causes"] == ["CallbackRecorded"]
    versions = await here.get("/rates/history?month=2024-02", SUPERVISOR)
    assert [(one["version"], one["base"], one["score"]) for one in versions] == [(1, 1, 10.0), (2, 2, 55.0)]
    assert versions[0]["up_to"] < versions[1]["up_to"]
    unit = await here.get(f"/rates/history?month=2024-02&by=unit&value={UNIT}", SUPERVISOR)
    assert [one["base"] for one in unit] == [1, 2]
    assert (await sound(here))["current"] is True


async def test_an_exception_and_the_citys_callback_change_what_was_published_and_say_so(here: Town) -> None:
    unfair, wrong = await finished(here, 1), await finished(here, 2)
    for id in (unfair, wrong):
        await called(here, id, resolved=False, answer="DISSATISFIED")
    await here.at(PUBLISHED)
    await here.post(f"/complaints/{unfair}/exception", SUPERVISOR, ground="UNREASONABLE", reason="诉求不合理")
    await called(here, wrong, city=True)
    await here.pass_time(2 * HOUR)
    found = await figure(here)
    assert (found["version"], found["base"], found["excluded"], found["score"]) == (2, 1, 1, 100.0)
    assert found["causes"] == ["CallbackRecorded", "ExceptionApproved"]
    assert (await sound(here))["sound"] is True


async def test_the_citys_callback_after_the_closing_makes_a_new_version_and_opens_nothing(here: Town) -> None:
    id = await finished(here, 1)
    await called(here, id)
    await here.post(f"/complaints/{id}/close")
    await here.at(PUBLISHED)
    assert (await figure(here))["score"] == 100.0
    await called(here, id, resolved=False, answer="DISSATISFIED", city=True)
    assert (await here.get(f"/complaints/{id}"))["state"] == "CLOSED"
    await here.pass_time(2 * HOUR)
    versions = await here.get("/rates/history?month=2024-02", SUPERVISOR)
    assert [(one["version"], one["score"], one["causes"]) for one in versions] == [
        (1, 100.0, []),
        (2, 10.0, ["CallbackRecorded"]),
    ]
    assert (await sound(here))["sound"] is True
    again = {"called_at": here.service.now(), "contacted": True, "resolved": True, "satisfaction": "SATISFIED"}
    for by_city in (True, False):
        assert await here.refused(f"/complaints/{id}/callbacks", **again, by_city=by_city) == ["wrong_state"]


async def test_what_changes_no_figure_makes_no_version(here: Town) -> None:
    id = await here.received("1", 1)
    path = await here.handled(id)
    await here.at(PUBLISHED)
    await here.post(f"{path}/progress", OFFICER, unit=UNIT, note="正在办理")
    await here.post(f"{path}/contacts", OFFICER, unit=UNIT, contacted_at=here.service.now(), manner="VISIT")
    await here.pass_time(2 * HOUR)
    assert await here.words(FEBRUARY) == ["RatesPublished"]


async def test_an_import_of_an_old_complaint_and_its_community_found_later_change_a_published_month(here: Town) -> None:
    await here.at(PUBLISHED)
    old = here.order("9", 9, received_at=OVER - timedelta(microseconds=1), community=None, place=None)
    border = here.order("8", 8, received_at=OVER)
    rows = [{"row": 1, "order": old}, {"row": 2, "order": border}]
    ends = (await here.post("/imports/rows", FEEDER, rows=rows))["rows"]
    await here.pass_time(2 * HOUR)
    found = await figure(here, "month=2024-02&by=community")
    assert (found["version"], found["received"]) == (2, 1)
    assert [(one["value"], one["name"], one["received"]) for one in found["figures"]] == [(None, "未定", 1)]
    sent = {"lead": UNIT, "urgency": "ROUTINE", "community": "zhangguozhuang"}
    await here.post(f"/complaints/{ends[0]['id']}/dispatch", **sent)
    await here.pass_time(2 * HOUR)
    found = await figure(here, "month=2024-02&by=community")
    assert [(one["value"], one["received"]) for one in found["figures"]] == [("zhangguozhuang", 1)]
    unknown = await here.get("/rates/history?month=2024-02&by=community", SUPERVISOR)
    assert [(one["version"], one["received"]) for one in unknown] == [(2, 1), (3, 0)]
    await sums_hold(here)
    assert (await sound(here))["versions"] == 3


async def test_a_missed_due_date_after_the_month_is_counted_though_the_service_noticed_it_late(here: Town) -> None:
    id = await here.received("1", 1)
    await here.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.at(PUBLISHED - 18 * DAY + timedelta(days=8))
    assert (await figure(here))["overdue"] == 1
    late = await here.received("2", 2)
    await here.at(OVER - HOUR)
    await here.post(f"/complaints/{late}/dispatch", lead=UNIT, urgency="ROUTINE")
    await here.at(PUBLISHED)
    assert (await figure(here))["overdue"] == 1
    await here.pass_time(5 * DAY)
    await here.pass_time(2 * HOUR)
    found = await figure(here)
    assert (found["version"], found["overdue"], found["causes"]) == (2, 2, ["ComplaintOverdue"])


async def test_what_is_written_while_a_month_is_counted_is_left_for_the_next_version(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures belong to one position of the journal, whatever the rows say by the time they are read."""
    first, second = await finished(here, 1), await finished(here, 2)
    await called(here, first)
    ends = []

    async def then_something_happens(con: Connection) -> int:
        end = await whole_end(con)
        if not ends:
            await called(here, second, resolved=False, answer="DISSATISFIED")
            await here.received("3", 3, received_at=OVER - HOUR)
        ends.append(end)
        return end

    monkeypatch.setattr("services.intake.publishing.whole_end", then_something_happens)
    await here.at(PUBLISHED)
    found = await figure(here)
    assert (found["version"], found["up_to"], found["received"], found["base"]) == (1, ends[0], 2, 1)
    assert (await sound(here))["sound"] is True
    await here.pass_time(2 * HOUR)
    found = await figure(here)
    assert (found["version"], found["received"], found["base"], found["score"]) == (2, 3, 2, 55.0)
    assert await sound(here) == {"sound": True, "month": "2024-02", "versions": 2, "current": True, "differences": []}


async def test_nobody_changes_or_deletes_a_published_figure(here: Town) -> None:
    await here.at(PUBLISHED)
    for refused in ("update rate_figures set valid = 1", "delete from rate_figures", "truncate rate_figures"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await here.service.pool.execute(refused)


@pytest.mark.parametrize(
    ("tampering", "what"),
    [
        ("update rate_figures set resolved = 1, resolution = 100 where by = 'unit'", ["figure"]),
        ("update rate_figures set score = 99.99 where by = 'community'", ["figure"]),
        ("delete from rate_figures where by = 'type'", ["missing"]),
        (
            "insert into rate_figures select month, by, 'made-up', version, received, answered, redirected, excluded, "
            "unreachable, waiting, valid, contacted, resolved, satisfied, basically, finished, overdue, listed, open, "
            "response, resolution, satisfaction, score, terms, up_to, computed_at, causes from rate_figures "
            "where by = 'town'",
            ["figure"],
        ),
    ],
)
async def test_a_figure_tampered_with_behind_the_doors_is_found(here: Town, tampering: str, what: list[str]) -> None:
    id = await finished(here, 1)
    await called(here, id, resolved=False, answer="NEUTRAL")
    await here.at(PUBLISHED)
    assert (await sound(here))["sound"] is True
    await here.service.pool.execute("alter table rate_figures disable trigger rate_figures_append_only")
    await here.service.pool.execute(tampering)
    answer = await here.call("GET", "/rates/verification?month=2024-02", SUPERVISOR)
    assert answer.status_code == 409
    assert [one["what"] for one in answer.json()["differences"]] == what


async def test_a_complaint_tampered_with_does_not_change_what_is_verified(here: Town) -> None:
    """The rows are not asked: whoever makes them better has still the journal against them."""
    id = await finished(here, 1)
    await called(here, id, resolved=False, answer="NEUTRAL")
    await here.service.pool.execute("update complaints set callback = jsonb_set(callback, '{resolved}', 'true')")
    await here.at(PUBLISHED)
    assert (await figure(here))["resolution"] == 100.0
    answer = await here.call("GET", "/rates/verification?month=2024-02", SUPERVISOR)
    assert {one["what"] for one in answer.json()["differences"]} == {"digest", "figure"}


async def test_everybody_sees_the_own_figures_and_the_towns_total(here: Town) -> None:
    await finished(here, 1)
    await here.received("2", 2, community="张郭庄村", place=None)
    for when in (here.service.now(), PUBLISHED):
        await here.at(when)
        own = await figure(here, "month=2024-02", VILLAGE)
        assert (own["by"], own["value"], own["received"], own["town"]["received"]) == ("community", "dahuichang", 1, 2)
        units = await figure(here, "month=2024-02&by=unit", OFFICER)
        assert (units["received"], [one["value"] for one in units["figures"]]) == (1, [UNIT])
    refused = (
        "/rates?community=zhangguozhuang",
        "/rates?by=category",
        "/rates/months?from=2024-01&until=2024-02&unit=x",
    )
    for path in (*refused, "/rates/history?month=2024-02&by=community&value=zhangguozhuang"):
        answer = await here.call("GET", path, VILLAGE)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_yours"), path
    assert (await here.call("GET", "/rates/verification?month=2024-02", VILLAGE)).status_code == 403


async def test_the_present_month_is_the_towns_and_not_that_of_the_clock_in_utc(here: Town) -> None:
    """Between 00:00 and 08:00 in the town it is still the day before in UTC."""
    await here.at(OVER + timedelta(minutes=1))
    assert (await here.get("/rates", SUPERVISOR))["month"] == "2024-03"


async def test_definitions_are_served_in_words(here: Town) -> None:
    found = await here.get("/rates/definitions?month=2024-02", VILLAGE)
    assert (found["terms"], [one["code"] for one in found["definitions"]]) == (
        "2019-01-01",
        ["response", "resolution", "satisfaction", "score"],
    )
    assert found["targets"] == {"response": 100.0, "resolution": 95.0, "satisfaction": 95.0}


@pytest.mark.parametrize(
    "path",
    [
        "/rates?month=2024-13",
        "/rates?month=2024-02%00",
        "/rates?by=person",
        "/rates?day=2024-02-30",
        "/rates?day=9999-12-31",
        "/rates?day=0001-01-01",
        "/rates/months?from=2024-03&until=2024-02",
        "/rates/months?from=2000-01&until=2099-12",
        "/rates/months?from=2024-03",
        "/rates/history",
        "/rates/history?month=2024-02&by=unit&value=" + "x" * 65,
        "/rates/definitions?month=x",
        "/rates/verification",
    ],
)
async def test_what_is_asked_wrongly_is_refused_with_a_reason(here: Town, path: str) -> None:
    answer = await here.call("GET", path, SUPERVISOR)
    assert answer.status_code in (400, 409, 422), answer.text
    assert answer.json()["code"]


async def test_months_that_nobody_published_are_when_the_service_starts_anew(here: Town) -> None:
    from services.intake.publishing import begin_publishing

    await here.received("1", 1, received_at=datetime(2023, 12, 24, tzinfo=SHANGHAI))
    await here.service.pool.execute("delete from timers")
    await begin_publishing(here.service)
    await begin_publishing(here.service)
    await here.pass_time(timedelta(minutes=1))
    assert await here.words(month_id(Month(2024, 1))) == ["RatesPublished"]
    assert await here.words(month_id(Month(2023, 12))) == []


# ---------------------------------------------------------------------------------------------- opened


async def cases(here: Town, query: str = "rate=resolution", who: Bearer = SUPERVISOR) -> dict[str, Any]:
    found: dict[str, Any] = await here.get(f"/rates/cases?month=2024-02&{query}", who)
    return found


async def every_case(here: Town, query: str, limit: int) -> list[dict[str, Any]]:
    """All pages of them."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = await cases(here, f"{query}&limit={limit}{after}")
        found += page["items"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


async def some_of_every_kind(here: Town) -> dict[str, UUID]:
    """In turn: well, only half content, bad, not called back yet, not reached, unfair."""
    found = {
        name: await finished(here, n) for n, name in enumerate(("well", "half", "bad", "waiting", "gone", "unfair"))
    }
    await called(here, found["well"])
    await called(here, found["half"], answer="BASICALLY")
    for name in ("bad", "unfair"):
        await called(here, found[name], resolved=False, answer="DISSATISFIED")
    for _ in range(3):
        tried = {"tried_at": here.service.now(), "outcome": "NO_ANSWER"}
        await here.post(f"/complaints/{found['gone']}/callback-tries", **tried)
        await here.pass_time(DAY + HOUR)
    await here.post(f"/complaints/{found['unfair']}/exception", SUPERVISOR, ground="UNREASONABLE", reason="诉求不合理")
    return found


async def test_a_figure_is_opened_into_exactly_the_complaints_that_make_it_up(here: Town) -> None:
    names = {str(id): name for name, id in (await some_of_every_kind(here)).items()}
    for _ in range(2):
        whole = await figure(here)
        for rate, met, short, failed in (
            ("response", ["well", "half", "bad"], [], []),
            ("resolution", ["well", "half"], ["bad"], ["bad"]),
            ("satisfaction", ["well", "half"], ["half", "bad"], ["bad"]),
        ):
            parts = ("base", "met", "short", "failed", "outside")
            found = {part: await cases(here, f"rate={rate}&part={part}") for part in parts}
            listed = {part: [names[one["id"]] for one in page["items"]] for part, page in found.items()}
            assert (listed["met"], listed["short"], listed["failed"]) == (met, short, failed)
            assert listed["base"] == ["well", "half", "bad"]
            assert {names[one["id"]]: one["outside"] for one in found["outside"]["items"]} == {
                "waiting": "waiting",
                "gone": "unreachable",
                "unfair": "excluded",
            }
            for page in found.values():
                assert (page["base"], page["numerator"]) == (whole["base"], whole["numerators"][rate])
                assert (page["version"], page["up_to"], page["terms"]) == tuple(
                    whole[name] for name in ("version", "up_to", "terms")
                )
                assert (page["met"] + page["failed"], page["hidden"]) == (page["base"], 0)
                assert page["short"] == len(short)
                assert page["outside"] == {name: whole[name] for name in page["outside"]}
                assert page["base"] + sum(page["outside"].values()) == page["received"] == whole["received"]
            assert sum(one["credit"] for one in found["met"]["items"]) == pytest.approx(whole["numerators"][rate])
            assert {one["credit"] for one in found["failed"]["items"]} <= {0.0}
        await here.at(PUBLISHED)  # open, and then published: the same complaints


async def test_an_old_version_opens_as_it_was_and_says_what_has_moved_since(here: Town) -> None:
    first, second = await finished(here, 1), await finished(here, 2)
    await called(here, first, resolved=False, answer="DISSATISFIED")
    await here.at(PUBLISHED)
    await called(here, second)
    waits = await cases(here, "rate=resolution&part=outside")
    assert [(one["id"], one["outside"], one["moved"]) for one in waits["items"]] == [(str(second), "waiting", True)]
    await here.pass_time(2 * HOUR)
    for version, base, moved in (("", [first, second], [False, False]), ("&version=1", [first], [False])):
        found = await cases(here, f"rate=resolution{version}")
        assert [one["id"] for one in found["items"]] == [str(id) for id in base]
        assert [one["moved"] for one in found["items"]] == moved
        assert found["base"] == len(base)
    answer = await here.call("GET", "/rates/cases?month=2024-02&rate=resolution&version=3", SUPERVISOR)
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_version")


async def test_the_cases_of_a_part_of_the_town_and_of_what_is_not_known(here: Town) -> None:
    for number in range(6):
        community, place = PLACES[number % 3]
        await called(here, await finished(here, number, community=community, place=place), resolved=number < 3)
    await here.at(PUBLISHED)
    for by in ("community", "unit", "first_handler", "category", "channel", "type"):
        for one in (await figure(here, f"month=2024-02&by={by}"))["figures"]:
            value = "" if one["value"] is None else f"&value={one['value']}"
            found = await cases(here, f"rate=resolution&part=failed&by={by}{value}")
            assert (found["base"], found["numerator"]) == (one["base"], one["numerators"]["resolution"])
            assert found["name"] == one["name"]
            assert len(found["items"]) == found["failed"] == one["base"] - one["resolved"]


async def test_pages_of_cases_go_on_where_they_ended_and_only_in_their_own_list(here: Town) -> None:
    ids = [str(await finished(here, number)) for number in range(5)]
    for id in ids:
        await called(here, UUID(id))
    assert [one["id"] for one in await every_case(here, "rate=response", 2)] == ids
    cursor = (await cases(here, "rate=response&limit=2"))["next"]
    for other in ("rate=resolution", "rate=response&part=met", f"rate=response&by=unit&value={UNIT}"):
        answer = await here.call("GET", f"/rates/cases?month=2024-02&{other}&after={cursor}", SUPERVISOR)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_cursor")


async def test_what_is_none_of_the_callers_business_is_counted_and_not_shown(here: Town) -> None:
    """A confidential complaint counts in its community's figure, and its secretary does not see it."""
    open_one = await finished(here, 1)
    secret = await finished(here, 2, type="REPORT")
    for id in (open_one, secret):
        await called(here, id, resolved=False)
    query = "rate=resolution&part=failed&by=community&value=dahuichang"
    own = await cases(here, query, VILLAGE)
    assert ([one["id"] for one in own["items"]], own["failed"], own["hidden"]) == ([str(open_one)], 2, 1)
    assert len((await cases(here, query))["items"]) == 2
    unit = await cases(here, f"rate=resolution&by=unit&value={UNIT}", OFFICER)
    assert (len(unit["items"]), unit["hidden"]) == (2, 0)
    for foreign in ("by=community&value=zhangguozhuang", "by=category&value=WATER"):
        answer = await here.call("GET", f"/rates/cases?month=2024-02&rate=response&{foreign}", VILLAGE)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_yours")
    assert (await here.call("GET", f"/rates/cases?month=2024-02&{query}", OPERATOR)).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "month=2024-02",
        "rate=response",
        "month=2024-02&rate=score",
        "month=2024-02&rate=response&part=all",
        "month=2024-02&rate=response&version=0",
        "month=2024-02&rate=response&limit=201",
        "month=2024-02&rate=response&community=dahuichang",
        "month=2024-02&rate=response&after=x",
        "month=2024-02&rate=response&version=99999999999",
    ],
)
async def test_cases_asked_wrongly_are_refused_with_a_reason(here: Town, query: str) -> None:
    answer = await here.call("GET", f"/rates/cases?{query}", SUPERVISOR)
    assert answer.status_code in (409, 422), answer.text
    assert answer.json()["code"]
