"""Eight roles and nobody × every route of the running application × own and foreign business × states of the object.

Who may is written in `config/authz.yaml`; the fields that each role sees are written here.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar.handlers import HTTPRouteHandler

from ops.embedded.keys import Bearer
from services.intake.domain.complaint import Complaint
from shared.plumbing.caller import Reach
from tests.integration.intake.town import DAY, OFFICER, SUPERVISOR, UNIT, Town

pytestmark = [
    pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning"),
    pytest.mark.timeout(600),
]
ROLES = ("feeder", "dispatcher", "officer", "secretary", "recorder", "supervisor", "operator", "auditor")
OWN, FOREIGN = ("dahuichang", UNIT), ("village-06", "firm-gas")


def bearer(role: str, scope: tuple[str, str]) -> Bearer:
    """Somebody in this role, of this community and department."""
    return Bearer(role, (scope[0],), scope[1])


def routes(here: Town) -> Iterator[tuple[HTTPRouteHandler, str, str]]:
    """Every handler of the running application, with method and path."""
    for route in here.client._transport.app.routes:  # type: ignore[attr-defined]
        for handler in getattr(route, "route_handlers", ()):
            if route.path.startswith("/schema") or handler.handler_name.startswith("options"):
                continue
            (method,) = (m for m in handler.http_methods if m != "OPTIONS")
            yield handler, method, route.path


def body(here: Town, name: str, unit: str = UNIT) -> dict[str, Any]:
    """What to ask a door for; what is not here asks for nothing, and may be refused for that."""
    now = here.service.now()
    because: dict[str, Any] = {"reason": "核实情况"}
    return {
        "register_complaint": here.order(uuid4().hex, None),
        "import_rows": {"rows": [{"row": 1, "order": here.order(uuid4().hex, None)}]},
        "search_originals": {"text": "物业"},
        "answer_complaint": {"answered_at": now, "answer": "答复"},
        "redirect_complaint": {"told_at": now, "reason": "原因", "right_channel": "渠道"},
        "dispatch_complaint": {"lead": UNIT, "urgency": "ROUTINE"},
        "accept_complaint": {"unit": unit},
        "request_return": {"unit": unit, "reason": "NOT_MY_DUTY"},
        "reject_return": because,
        "record_contact": {"unit": unit, "contacted_at": now, "manner": "PHONE"},
        "report_progress": {"unit": unit, "note": "进展"},
        "add_support_unit": {"unit": "town-enforcement"},
        "supervise_complaint": because,
        "mark_hard_case": because,
        "request_extension": {"unit": unit, "until": now + DAY, "reason": "原因"},
        "deny_extension": because,
        "request_listing": {"unit": unit, "reason": "FUNDING", "explained_at": now, "plan": "计划"},
        "deny_listing": because,
        "review_listing": {"finding": "仍需挂账"},
        "finish_complaint": {"unit": unit, "finished_at": now, "spoken_with": "COMPLAINANT", "measure": "已办"},
        "try_callback": {"tried_at": now, "outcome": "NO_ANSWER"},
        "record_callback": {"called_at": now, "contacted": True, "resolved": True, "satisfaction": "SATISFIED"},
        "approve_exception": because | {"ground": "UNREASONABLE"},
        "route_complaint": {"wanted": "TOPIC", "public_title": "议题"},
        "replay_quarantine": because,
        "discard_quarantine": because,
    }.get(name, {})


def address(path: str, id: UUID, code: str) -> str:
    """The path with this complaint in it."""
    filled = re.sub(r"\{\w+:uuid\}", str(id), path.replace("{id:int}", "999999"))
    return filled.replace("{code:str}", code).replace("{kind:str}", "complaint")


async def objects(here: Town) -> list[tuple[UUID, str]]:
    """A complaint that was only received, one that is handled, one that is listed; their codes."""
    found = []
    for n in range(3):
        answer = await here.post("/complaints", **here.order(f"m{n}", n))
        found.append((UUID(answer["id"]), answer["follow"]))
    for id, _ in found[1:]:
        await here.handled(id)
    path = f"/complaints/{found[2][0]}"
    asked = {"unit": UNIT, "reason": "FUNDING", "explained_at": here.service.now(), "plan": "列入预算"}
    await here.post(f"{path}/listing-request", OFFICER, **asked)
    await here.post(f"{path}/listing", SUPERVISOR)
    return found


async def test_every_route_answers_every_role_as_the_table_says(here: Town) -> None:
    """Nobody: 401. A role that is not listed: 403. Foreign business: 404, and never a change."""
    found = await objects(here)
    authz = here.client._transport.app.state.authz  # type: ignore[attr-defined]
    requests = 0
    for handler, method, path in routes(here):
        name = handler.handler_name
        listed = {str(role): reach for role, reach in authz[name].items()}
        if name == "follow_complaint" or "open311" in name:  # open, and limited in number: they have tests of their own
            continue
        for id, code in found:
            at = address(path, id, code) + ("?reason=matrix" if name in ("read_original", "read_contact") else "")
            nobody = await here.call(method, at, None, body(here, name))
            requests += 1
            assert nobody.status_code in ((401,) if listed else (200, 503)), (name, "nobody")
            for role in ROLES:
                for scope in (OWN, FOREIGN):
                    if listed and role in listed and name == "set_clock":
                        continue
                    where = (name, role, scope)
                    asked = body(here, name, scope[0] if role == "secretary" else scope[1])
                    before = await here.service.pool.fetchval("select count(*) from journal where stream = $1", id)
                    answer = await here.call(method, at, bearer(role, scope), asked)
                    requests += 1
                    if listed and role not in listed:
                        assert answer.status_code == 403, where
                        continue
                    assert answer.status_code not in (401, 403, 500), (where, answer.text)
                    limited = listed.get(role) in (Reach.COMMUNITY, Reach.DEPARTMENT)
                    if limited and scope == FOREIGN and "{id:uuid}" in path:
                        assert answer.status_code == 404 or (answer.status_code == 422 and not asked), (
                            where,
                            answer.text,
                        )
                        after = await here.service.pool.fetchval("select count(*) from journal where stream = $1", id)
                        assert after == before, where
    assert requests >= 1500


SEEN_BY_ALL = {"id", "version", "state", "received_at", "updated_at", "deadline_version", "open_routes"}
EVERY_FIELD = {*SEEN_BY_ALL, "overdue", *Complaint.__dataclass_fields__}
ROUTE = {"id", "version", "state", "complaint", "wanted", "target", "hotspot"}
EVERY_ROUTE = {*ROUTE, "community", "category", "place", "outcome", "concluded_by"}
STEP = {"kind", "stream", "version", "fact", "occurred_at", "recorded_at", "who"}
WHO = {"role"}
STAFF = (EVERY_FIELD, EVERY_ROUTE, {*STEP, "heading", "says", "text"}, {*WHO, "words", "unit"})
FIELDS: dict[str, tuple[set[str], set[str], set[str], set[str]]] = {
    "dispatcher": STAFF,
    "officer": STAFF,
    "secretary": STAFF,
    "supervisor": (*STAFF[:3], {*WHO, "words", "unit", "subject"}),
    "auditor": (EVERY_FIELD, EVERY_ROUTE, {*STEP, "heading", "says"}, {*WHO, "words", "unit", "subject"}),
    "operator": (SEEN_BY_ALL, ROUTE, STEP, WHO),
}
"""role → the fields of a complaint, of a route, of a step of its history, of who did it."""


def fields(rows: Iterable[dict[str, Any]]) -> set[str]:
    """All fields of some rows."""
    return {field for row in rows for field in row}


@pytest.mark.parametrize("role", FIELDS)
async def test_each_role_sees_its_fields_of_its_own_business_and_nothing_of_anothers(here: Town, role: str) -> None:
    id = (await objects(here))[1][0]
    await here.post(f"/complaints/{id}/routes", OFFICER, wanted="TOPIC", public_title="议题")
    own, foreign = bearer(role, OWN), bearer(role, FOREIGN)
    complaint, route, step, who = FIELDS[role]
    listed = await here.get("/complaints", own)
    assert listed.keys() == {"items", "next"}
    assert fields(listed["items"]) == complaint
    read = await here.get(f"/complaints/{id}", own)
    assert set(read) == complaint | {"routes"}
    assert fields(read["routes"]) == route == fields(await here.get("/routes", own))
    told = await here.get(f"/complaints/{id}/history", own)
    assert told.keys() == {"id", "facts", "deadlines"} | ({"urges", "attachments"} if role != "operator" else set())
    assert fields(told["facts"]) == step
    assert fields(fact["who"] for fact in told["facts"]) == who
    if role in ("officer", "secretary"):
        assert (await here.get("/complaints", foreign))["items"] == []
        assert await here.get("/routes", foreign) == []
        for path in ("", "/history", "/contact"):
            assert (await here.call("GET", f"/complaints/{id}{path}", foreign)).status_code == 404
    if role not in ("auditor", "operator") and role != "secretary":
        contact = await here.get(f"/complaints/{id}/contact", own)
        assert set(contact) == {"id", "name", "phone", "masked"}
        assert "居民1" not in json.dumps(contact, ensure_ascii=False)


async def test_the_public_sees_only_what_the_code_opens(here: Town) -> None:
    found = await objects(here)
    seen = (await here.client.get(f"/follow/{found[1][1]}")).json()
    assert set(seen) == {
        *("code", "state", "says", "received_at", "unit", "due_at", "category", "community", "place", "steps")
    }
    assert fields(seen["steps"]) == {"at", "says", "note"}
