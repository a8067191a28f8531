"""Which streams a fact names: where it comes from, and where it leads to."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from shared.events.base import Fact

Link = tuple[str, str]
"""(source, consequence), each `kind/uuid`."""
_Step = str | None
"""A field's name on the way to a marked field, or None for every entry of a list."""


def links(fact: type[Fact], stream: str, data: Mapping[str, Any]) -> set[Link]:
    """The edges that a fact of `stream` with these JSON data draws; a stream never leads to itself."""
    found = set()
    for path, mark in _marked(fact):
        for value in _at(data, path):
            if isinstance(value, str) and value != stream:
                found.add((value, stream) if mark == "from" else (stream, value))
    return found


@cache
def _marked(fact: type[BaseModel]) -> tuple[tuple[tuple[_Step, ...], str], ...]:
    """Where in a fact's JSON Schema the marked fields are: paths and their marks."""
    schema = fact.model_json_schema()
    return tuple(_walk(schema, schema.get("$defs", {}), ()))


def _walk(node: Any, definitions: Any, path: tuple[_Step, ...]) -> Iterator[tuple[tuple[_Step, ...], str]]:
    if mark := node.get("link"):
        yield path, mark
    if reference := node.get("$ref"):
        yield from _walk(definitions[reference.rpartition("/")[2]], definitions, path)
    for option in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _walk(option, definitions, path)
    for name, inner in node.get("properties", {}).items():
        yield from _walk(inner, definitions, (*path, name))
    if isinstance(items := node.get("items"), dict):
        yield from _walk(items, definitions, (*path, None))


def _at(value: Any, path: tuple[_Step, ...]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] is None:
        for entry in value if isinstance(value, list) else ():
            yield from _at(entry, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])
