"""The border topic's contract, written down for who sends orders: `docs/schemas/border/hotline.work-orders.json`.

`python -m services.intake.border` writes it; with `--check` it exits with 1 when the file differs.
"""

import json
import sys
from pathlib import Path
from typing import Any

from services.intake.domain.asked import WorkOrder
from services.intake.domain.hotline import Further

PATH = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "border" / "hotline.work-orders.json"


def schema() -> dict[str, Any]:
    """A work order as JSON Schema (draft 2020-12): the core, then the other columns. What is in neither is kept."""
    core, other = WorkOrder.model_json_schema(), Further.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:fiveplusn:schema:hotline.work-orders",
        **core,
        "$defs": dict(sorted((core["$defs"] | other["$defs"]).items())),
        "properties": core["properties"] | other["properties"],
    }


def text() -> str:
    """The file."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    """Write, or check."""
    if "--check" in sys.argv[1:]:
        same = PATH.exists() and PATH.read_text() == text()
        if not same:
            sys.stderr.write(f"run `make docs`: {PATH.name}\n")
        return 0 if same else 1
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
