"""The OpenAPI document says what the doors do: who may come in, what a body is, how it is refused."""

import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ops.embedded.keys import Keys
from services.dashboard.main import PLAN as DASHBOARD
from services.deliberation.main import PLAN as DELIBERATION
from services.escalation.main import PLAN as ESCALATION
from services.intake.main import PLAN as INTAKE
from services.projects.main import PLAN as PROJECTS
from shared.events.base import WRITTEN, Code, Line, Moment
from shared.plumbing.notices.doors import NOTICE_DOORS
from shared.plumbing.openapi import REFUSALS, Written, body_model, complete
from shared.plumbing.service import application
from shared.plumbing.settings import Mode, Settings

PLANS = {plan.name: plan for plan in (INTAKE, DELIBERATION, ESCALATION, PROJECTS, DASHBOARD)}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
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
    found = {}
    for name, plan in PLANS.items():
        app = application(plan, settings)
        found[name] = app.openapi_schema.to_schema()
        complete(app, found[name])
    return found


@pytest.mark.parametrize("name", PLANS)
def test_every_operation_says_how_it_refuses(documents: dict[str, dict[str, Any]], name: str) -> None:
    for path, operations in documents[name]["paths"].items():
        for method, operation in operations.items():
            said = operation["responses"].keys()
            assert {"400", "422", "503"} <= said, path
            assert {"401", "403"} <= said or operation["security"] == [], path
            assert method == "get" or {"404", "409", "412", "413", "415"} <= said, path
    assert documents[name]["components"]["responses"].keys() == REFUSALS.keys()


@pytest.mark.parametrize("name", [name for name in PLANS if name != "dashboard"])
def test_no_body_has_room_for_unknown_fields(documents: dict[str, dict[str, Any]], name: str) -> None:
    schemas = documents[name]["components"]["schemas"]
    bodies = [
        content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for operations in documents[name]["paths"].values()
        for operation in operations.values()
        if "application/json" in (content := operation.get("requestBody", {}).get("content", {}))
    ]
    assert bodies
    assert [body for body in bodies if schemas[body].get("additionalProperties") is not False] == []


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
