"""`docs/asyncapi.yaml` says what is on the wire: topics, facts, headers. The official parser: `make test-node`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from shared.events import asyncapi
from shared.events.catalogue import facts
from shared.plumbing.outbox import envelope
from shared.plumbing.topics import SERVICES, WORK_ORDERS

FILE = Path("docs/asyncapi.yaml")
DOCUMENT: dict[str, Any] = yaml.safe_load(FILE.read_text())


def resolved(reference: str) -> Any:
    """What a reference leads to; it must lead somewhere."""
    file, _, path = reference.partition("#")
    if file:
        return yaml.safe_load((FILE.parent / file).read_text())
    found: Any = DOCUMENT
    for part in path.strip("/").split("/"):
        found = found[part]
    return found


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [one for value in node.values() for one in references(value)]
    return [one for value in node for one in references(value)] if isinstance(node, list) else []


def test_it_is_what_the_facts_say_now():
    assert FILE.read_text() == asyncapi.document(facts())


def test_every_topic_is_a_channel_and_every_fact_a_message_of_its_producer():
    channels = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}
    assert channels.keys() == {*(f"{service}.events" for service in SERVICES), WORK_ORDERS}
    for fact in facts():
        reference = channels[f"{fact.said_by}.events"]["messages"][fact.__name__]["$ref"]
        message = resolved(reference)
        assert message["name"] == fact.wire_type
        assert resolved(message["payload"]["schema"]["$ref"])["$id"] == f"urn:fiveplusn:schema:{fact.wire_type}"
    assert sum(len(channel["messages"]) for channel in channels.values()) == len(facts()) + 1


def test_every_reference_leads_somewhere():
    found = references(DOCUMENT)
    assert len(found) > 3 * len(facts())
    for reference in found:
        assert resolved(reference)


def headers(**changes: str) -> dict[str, str]:
    """The headers of a fact as the relay sends them."""
    row = {
        "kind": "complaint",
        "stream": "5e0b1f0a-2024-5201-8a16-5f1e0c0de001",
        "version": 3,
        "position": 17,
        "type": "fiveplusn.intake.ComplaintAccepted.v1",
        "actor": "officer:town-enforcement:somebody",
        "terms": "2019-01-01",
        "cause": "",
        "correlation": "abc",
        "occurred_at": datetime(2024, 2, 1, tzinfo=UTC),
    }
    fixed = {"ce_specversion": "1.0", "ce_source": "/fiveplusn/intake", "log_epoch": "1"}
    sent = {name: value.decode() for name, value in envelope(row, "complaint/x/3")}
    return fixed | sent | changes


def test_the_headers_are_those_that_the_relay_sends():
    schema = DOCUMENT["components"]["messageTraits"]["fact"]["headers"]
    sent = headers()
    checker = jsonschema.FormatChecker()
    jsonschema.validate(sent, schema, format_checker=checker)
    assert sent.keys() - {"content-type"} == set(schema["required"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(headers(ce_sequence="three"), schema, format_checker=checker)
    for name in schema["required"]:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: value for key, value in sent.items() if key != name}, schema)
