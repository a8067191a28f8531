"""What a process has logged so far."""

import json
from typing import Any

from ops.embedded.processes import Child


def logged(child: Child, event: str | None = None) -> list[dict[str, Any]]:
    """The lines of its log, or those of one event; a last line that is still being written is none yet."""
    whole = child.log.read_bytes().rpartition(b"\n")[0]
    lines = [json.loads(line) for line in whole.splitlines()]
    return [line for line in lines if event is None or line["event"] == event]
