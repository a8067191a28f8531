"""All facts, written down for those who subscribe: `docs/events.md`, AsyncAPI and one JSON Schema each, from the code.

`python -m shared.events.catalogue` writes them; with `--check` it says which files differ and exits with 1.
"""

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from shared.events import asyncapi, deliberation, escalation, intake, projects
from shared.events.base import Fact

PRODUCERS = (intake, deliberation, escalation, projects)
ROOT = Path(__file__).resolve().parents[2]


def facts() -> list[type[Fact]]:
    """Every fact of the four producers, in the order of their modules."""
    modules = [module.__name__ for module in PRODUCERS]
    known = [fact for fact in Fact.known.values() if fact.__module__ in modules]
    return sorted(known, key=lambda fact: modules.index(fact.__module__))


def schema(fact: type[Fact]) -> dict[str, Any]:
    """The contract as JSON Schema (draft 2020-12). Readers ignore what they do not know."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:fiveplusn:schema:{fact.wire_type}",
        **fact.model_json_schema(mode="serialization"),
    }


def files() -> dict[Path, str]:
    """What the generated files contain, by their path below the root."""
    made = {Path("docs/events.md"): _page(), Path("docs/asyncapi.yaml"): asyncapi.document(facts())}
    for fact in facts():
        path = Path("docs/schemas") / f"{fact.wire_type}.json"
        made[path] = json.dumps(schema(fact), ensure_ascii=False, indent=2) + "\n"
    return made


def _page() -> str:
    lines = [
        "# Facts",
        "",
        "Generated from `shared/events` by `make docs`; do not edit. One topic per producer, key = stream id, CloudEvents 1.0",
        "binary mode: the value is the JSON below, everything else stands in the headers (`docs/architecture.md`).",
        "A field marked ← names a stream that this one comes from, → one that it leads to.",
        "",
    ]
    for producer, said in groupby(facts(), key=lambda fact: fact.said_by):
        lines += [f"## {producer} · `{producer}.events`", ""]
        for kind, of_kind in groupby(sorted(said, key=lambda fact: fact.kind), key=lambda fact: fact.kind):
            lines += [f"### {kind}", "", "| type | meaning | fields |", "|---|---|---|"]
            lines += [f"| `{fact.__name__}` | {_meaning(fact)} | {_fields(fact)} |" for fact in of_kind]
            lines.append("")
    return "\n".join(lines)


def _meaning(fact: type[Fact]) -> str:
    return " ".join((fact.__doc__ or "").split()).replace("|", "\\|")


def _fields(fact: type[Fact]) -> str:
    described = schema(fact)
    required = described.get("required", ())
    return ", ".join(
        f"`{name}`{'' if name in required else '?'} {_type(field, described.get('$defs', {}))}"
        for name, field in described.get("properties", {}).items()
    )


def _type(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    mark = {"from": "← ", "to": "→ "}.get(field.get("link", ""), "")
    if options := field.get("anyOf", field.get("oneOf")):
        return " or ".join(_type(option, definitions) for option in options)
    if reference := field.get("$ref"):
        return str(reference.rpartition("/")[2])
    if field.get("type") == "array":
        return f"[{_type(field.get('items', {}), definitions)}]"
    if "const" in field:
        return f"`{field['const']}`"
    return mark + str(field.get("format", field.get("type", "any")))


def main() -> int:
    """Write, or check."""
    made = files()
    if "--check" in sys.argv[1:]:
        stale = [str(path) for path, text in made.items() if not _same(ROOT / path, text)]
        stale += [
            str(path.relative_to(ROOT))
            for path in (ROOT / "docs" / "schemas").glob("*.json")
            if path.relative_to(ROOT) not in made
        ]
        if stale:
            sys.stderr.write(f"run `make docs`: {', '.join(stale)}\n")
        return 1 if stale else 0
    for path, text in made.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text)
    return 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
