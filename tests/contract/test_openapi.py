"""The OpenAPI document says what the doors do: who may come in, what a body is, how it is refused."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.exceptions import ValidationException
from litestar.routes import HTTPRoute
from pydantic import TypeAdapter, ValidationError

from ops.embedded.keys import Keys
from services.dashboard.main import PLAN as DASHBOARD
from services.deliberation.main import PLAN as DELIBERATION
from services.escalation.main import PLAN as ESCALATION
from services.intake.main import PLAN as INTAKE
from services.projects.main import PLAN as PROJECTS
from shared.events.base import WRITTEN, Asked, Code, Flag, Line, Moment
from shared.events.vocabulary import Urgency
from shared.plumbing.notices.doors import NOTICE_DOORS
from shared.plumbing.openapi import REFUSALS, body_model, complete
from shared.plumbing.query import checked, parameters
from shared.plumbing.schemas import Written
from shared.plumbing.service import application
from shared.plumbing.settings import Mode, Settings
from shared.rules.township import SHANGHAI

PLANS = {plan.name: plan for plan in (INTAKE, DELIBERATION, ESCALATION, PROJECTS, DASHBOARD)}


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Litestar]:
    folder = tmp_path_factory.mktemp("documents")
    keys = Keys(folder)
    keys.make()
    settings = Settings(
        service="any",
        mode=Mode.EMBEDDED,
        database_url="postgresql://nobody@127.0.0.1/none",
        kafka="127.0.0.1:1",
        master_key_file=keys.master_key,
        jwks_file=keys.jwks,
    )
    return {name: application(plan, settings) for name, plan in PLANS.items()}


def documents_of(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document of a service."""
    document = app.openapi_schema.to_schema()
    complete(app, document)
    return document


@pytest.fixture(scope="module")
def documents(apps: dict[str, Litestar]) -> dict[str, dict[str, Any]]:
    return {name: documents_of(app) for name, app in apps.items()}


@pytest.mark.parametrize("name", PLANS)
def test_every_operation_says_how_it_refuses(documents: dict[str, dict[str, Any]], name: str) -> None:
    for path, operations in documents[name]["paths"].items():
        for method, operation in operations.items() if not path.startswith("/open311/") else ():
            said = operation["responses"].keys()
            assert {"400", "422", "503"} <= said, path
            assert {"401", "403"} <= said or operation["security"] == [], path
            assert method == "get" or {"404", "409", "412", "413", "415"} <= said, path
    assert documents[name]["components"]["responses"].keys() == REFUSALS.keys()


@pytest.mark.parametrize("name", [name for name in PLANS if name != "dashboard"])
def test_no_body_has_room_for_unknown_fields(documents: dict[str, dict[str, Any]], name: str) -> None:
    schemas = documents[name]["components"]["schemas"]
    bodies = [
        schema["$ref"].rpartition("/")[2]
        for path, operations in documents[name]["paths"].items()
        for operation in operations.values()
        if (schema := operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema"))
        if "/open311/" not in path
    ]
    assert bodies
    assert [body for body in bodies if schemas[body].get("additionalProperties") is not False] == []


@pytest.mark.parametrize("name", PLANS)
def test_what_tells_the_choices_of_a_body_apart_must_be_there(documents: dict[str, dict[str, Any]], name: str) -> None:
    schemas = documents[name]["components"]["schemas"]
    choices = [
        (one["discriminator"]["propertyName"], schemas[ref["$ref"].rpartition("/")[2]])
        for one in every(schemas)
        if "discriminator" in one
        for ref in one["oneOf"]
    ]
    assert bool(choices) == (name == "deliberation")
    assert all(tag in choice["required"] for tag, choice in choices)


def every(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from every(inner)


WORDS = {
    kind: st.from_regex(TypeAdapter(kind).json_schema(schema_generator=Written)["pattern"], fullmatch=True)
    for kind in (Moment, Line, Code)
}


@given(st.one_of(*(st.tuples(st.just(kind), words) for kind, words in WORDS.items())))
def test_what_the_document_allows_is_let_in(sent: tuple[Any, str]) -> None:
    kind, text = sent
    if 1 <= len(text) <= 64:
        TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize("kind", [Line, Code])
@given(text=st.text(min_size=1, max_size=8))
@example(text="\x00")
@example(text="ａ")
@example(text=" a")
def test_what_the_document_forbids_is_refused(kind: Any, text: str) -> None:
    pattern = TypeAdapter(kind).json_schema(schema_generator=Written)["pattern"]
    try:
        TypeAdapter(kind).validate_python(text)
        let_in = True
    except ValidationError:
        let_in = False
    assert let_in == bool(re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text))


@given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31, 23)))
def test_every_moment_can_be_written_so(moment: datetime) -> None:
    pattern = next(pattern for pattern in WRITTEN.values() if "T " in pattern)
    assert re.fullmatch(pattern.removeprefix("^").removesuffix("$"), f"{moment.isoformat()}+08:00")


def test_the_conditions_of_a_list_are_parameters(documents: dict[str, dict[str, Any]]) -> None:
    listed = documents["intake"]["paths"]["/complaints"]["get"]["parameters"]
    named = {parameter["name"]: parameter["schema"] for parameter in listed}
    assert {"state", "unit", "due_within", "overdue", "text", "sort", "limit", "after"} <= named.keys()
    assert named["limit"]["maximum"] == 200
    assert {"type": "null"} not in named["text"].get("anyOf", ())


@pytest.mark.parametrize("name", [name for name, plan in PLANS.items() if plan.publishes])
def test_no_text_gets_past_the_look_for_personal_data(name: str) -> None:
    """The look is taken where a door is told who asks; every door that takes words of staff is told."""
    doors = [route for route in PLANS[name].routes if body_model(route) and route not in NOTICE_DOORS]
    assert len(doors) > 10
    assert [door.handler_name for door in doors if "ask" not in door.parsed_fn_signature.parameters] == []


def test_every_service_that_keeps_no_secrets_publishes() -> None:
    assert {name for name, plan in PLANS.items() if plan.publishes} == {"deliberation", "escalation", "projects"}


class Asking(Asked):
    """Every kind of value that a query has."""

    flag: Flag = False
    count: int = 1
    day: date | None = None
    id: UUID | None = None
    since: Moment | None = None
    state: tuple[Urgency, ...] = ()
    reason: Line | None = None


GOOD = {
    "flag": "true",
    "count": "12",
    "day": "2024-02-29",
    "id": "5e0b1f0a-2024-5201-8a16-5f1e0c0de001",
    "since": "2024-02-01T09:30+08:00",
    "state": "URGENT",
    "reason": "核对",
}


def wrong(*sent: tuple[str, str]) -> list[str]:
    """The names that are refused."""
    try:
        checked(Asking, sent)
    except ValidationException as refused:
        assert {entry["source"] for entry in refused.extra} == {"query"}
        return [entry["key"] for entry in refused.extra]
    return []


def test_a_query_is_read_once_and_says_what_it_means() -> None:
    assert checked(Asking, [*GOOD.items(), ("state", "ROUTINE")]) == Asking(
        flag=True,
        count=12,
        day=date(2024, 2, 29),
        id=UUID(GOOD["id"]),
        since=datetime(2024, 2, 1, 9, 30, tzinfo=SHANGHAI),
        state=(Urgency.URGENT, Urgency.ROUTINE),
        reason="核对",
    )


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("flag", ["TRUE", "True", "1", "0", "on", "yes", "", "null", " true"]),
        ("count", [" 5", "5 ", "+5", "05", "5.0", "1_0", "1e3", "５", "", "null", "9" * 5000]),
        ("day", ["0", "1700000000", "2024-02-30", "2024-02-01T00:00:00", "2024-2-1", "null"]),
        ("id", ["{5e0b1f0a-2024-5201-8a16-5f1e0c0de001}", "5e0b1f0a202452018a165f1e0c0de001", "null", ""]),
        ("since", ["0", "2024-02-01", "2024-02-01T09:30:00", "null"]),
        ("state", ["urgent", "URGENT,ROUTINE", "null"]),
        ("reason", ["", "a" * 201]),
    ],
)
def test_a_value_is_written_in_one_way_only(name: str, texts: list[str]) -> None:
    assert [text for text in texts if wrong((name, text)) != [name]] == []


def test_every_wrong_name_of_a_query_is_told_at_once() -> None:
    assert wrong(("flag", "x"), ("flag", "true"), ("count", "1"), ("count", "2"), ("flags", "true")) == [
        "flag",
        "count",
        "flags",
    ]


@pytest.mark.parametrize("name", PLANS)
def test_the_document_names_what_a_query_may_say(
    apps: dict[str, Litestar], documents: dict[str, dict[str, Any]], name: str
) -> None:
    """What is said of a parameter and what is checked come from one place; nothing else is let in."""
    said = apps[name].state.queries
    for path, operations in documents[name]["paths"].items():
        for method, operation in operations.items():
            handler = next(
                handler
                for route in apps[name].routes
                if isinstance(route, HTTPRoute) and route.path_format == path
                for handler in route.route_handlers
                if method.upper() in handler.http_methods
            )
            named = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
            if handler.handler_name in said:
                assert named == parameters(said[handler.handler_name]).keys(), path
            else:
                assert path.startswith(("/follow/", "/open311/", "/schema")), path


@pytest.mark.parametrize("value", [0, 1, "true", "yes"])
def test_a_strict_field_of_a_body_stays_strict_behind_the_framework(apps: dict[str, Litestar], value: Any) -> None:
    read = next(read for fits, read in apps["intake"].type_decoders or () if fits(Asking))
    assert read(Asking, {"flag": True}) == Asking(flag=True)
    with pytest.raises(msgspec.ValidationError):
        read(Asking, {"flag": value})
