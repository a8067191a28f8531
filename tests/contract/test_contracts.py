"""Contracts only grow: yesterday's reader reads today's fact, today's reader reads yesterday's."""

import json
import re
from pathlib import Path
from typing import Any

import jsoncompat
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat

from shared.events.base import Fact
from shared.events.catalogue import facts, files, schema
from shared.plumbing.outbox import envelope
from tests.support.servers import moment

SCHEMAS = Path(__file__).with_name("schemas")
PERSONAL = re.compile(r"(^|_)(name|phone|mobile|address|door|content|complainant|person|id_number)($|_)|(^|_)contact$")
"""What no field of a fact may be called."""


def closed(node: Any, on: bool) -> Any:
    """The schema as its writer means it (nothing else is written) or as its reader does (the rest is ignored)."""
    if isinstance(node, dict):
        node = {key: closed(value, on) for key, value in node.items() if key not in ("$id", "$schema")}
        if node.get("type") == "object" and "properties" in node:
            node["additionalProperties"] = False
            if not on:
                del node["additionalProperties"]
    elif isinstance(node, list):
        node = [closed(entry, on) for entry in node]
    return node


def compatible(old: dict[str, Any], new: dict[str, Any]) -> tuple[bool, bool]:
    """(the new reader reads the old writer, the old reader reads the new writer)."""
    back = jsoncompat.check_compat(json.dumps(closed(old, True)), json.dumps(closed(new, False)), "deserializer")
    forth = jsoncompat.check_compat(json.dumps(closed(old, False)), json.dumps(closed(new, True)), "serializer")
    return back, forth


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact.__name__)
def test_a_contract_only_grows(fact: type[Fact]) -> None:
    released = SCHEMAS / f"{fact.wire_type}.json"
    assert released.exists(), f"a new fact: cp docs/schemas/{fact.wire_type}.json tests/contract/schemas/"
    assert compatible(json.loads(released.read_text()), schema(fact)) == (True, True)


def test_no_released_contract_has_gone() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} <= {fact.wire_type for fact in facts()}


def test_a_new_required_field_and_a_changed_type_are_found() -> None:
    old = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    grown = {"type": "object", "properties": {**old["properties"], "b": {"type": "string"}}, "required": ["a"]}  # type: ignore[dict-item]
    wanting = grown | {"required": ["a", "b"]}
    other = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    assert compatible(old, grown) == (True, True)
    assert compatible(old, wanting) != (True, True)
    assert compatible(old, other) != (True, True)


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact.__name__)
def test_a_fact_says_what_it_means_in_the_offices_words_first(fact: type[Fact]) -> None:
    assert re.match(r"[\u4e00-\u9fff]", fact.__doc__ or ""), f"{fact.__name__}: the Chinese term stands first"


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact.__name__)
def test_no_fact_has_a_field_for_a_person(fact: type[Fact]) -> None:
    def names(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = set(node.get("properties", {}))
            return own.union(*(names(value) for value in node.values()))
        return set().union(*map(names, node)) if isinstance(node, list) else set()

    assert {name for name in names(schema(fact)) if PERSONAL.search(name)} == set()


def test_the_documents_are_those_of_the_code() -> None:
    root = Path(__file__).resolve().parents[2]
    assert {str(path) for path, text in files().items() if (root / path).read_text() != text} == set()


def test_the_wire_is_cloudevents_in_binary_mode() -> None:
    fact = facts()[0]
    row: Any = {
        "kind": "complaint",
        "stream": "00000000-0000-4000-8000-000000000001",
        "version": 3,
        "position": 17,
        "type": fact.wire_type,
        "actor": "officer:town-request-centre:someone",
        "occurred_at": moment("2024-02-01T09:30:00"),
        "terms": "2019-01-01",
        "cause": "",
        "correlation": "complaint/x",
    }
    headers = dict([("ce_specversion", b"1.0"), ("ce_source", b"/fiveplusn/intake"), *envelope(row, "complaint/x/3")])
    assert headers["ce_actor"] == b"officer:town-request-centre"
    event = from_binary_event(KafkaMessage(headers, b"key", b'{"a": 1}'), JSONFormat())
    assert event.get_type() == fact.wire_type
    assert event.get_time() == moment("2024-02-01T09:30:00")
    assert event.get_extension("sequence") == "3"
    assert event.get_data() == {"a": 1}
