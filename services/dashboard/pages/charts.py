"""图表: charts as SVG, drawn on the server; what a chart shows stands in a table beside it, too.

A child process draws: the library holds the interpreter while it works, and those who listen to `/stream` would wait.
Whatever was drawn a moment ago is not drawn again.
"""

import asyncio
import json
import logging
import re
import sys
from collections import OrderedDict
from contextlib import suppress
from typing import Any

import altair
from markupsafe import Markup

log = logging.getLogger(__name__)
KEPT = 128
"""So many drawings are remembered."""
PATIENCE_S = 20.0
"""So long may one take, the start of the child included [D]."""
_LINE = 2**24
_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
"""What the library says of every mark; a picture is one thing to a screen reader, and the table has the rest."""
COLOURS = ("#9e1b1b", "#1f6f8b", "#b7791f", "#3f7d4e", "#6b4c9a", "#5b6876")
"""One after the other, told apart by readers who do not see all colours, too."""
FONT = "system-ui, PingFang SC, Hiragino Sans GB, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
_CONFIG = {
    "aria": False,
    "background": None,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {"labelFontSize": 12, "titleFontSize": 12, "gridOpacity": 0.4, "domainOpacity": 0.4, "tickOpacity": 0.4},
    "legend": {"labelFontSize": 12, "orient": "top", "title": None},
    "range": {"category": list(COLOURS), "heatmap": {"scheme": "reds"}, "ramp": {"scheme": "reds"}},
}


class _Draughtsman:
    """The child, and what it has drawn."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._drawn: OrderedDict[str, str] = OrderedDict()

    async def draw(self, spec: str) -> str:
        """The SVG; raises `OSError`, `TimeoutError`, `ValueError`."""
        async with self._turn:
            if spec in self._drawn:
                self._drawn.move_to_end(spec)
                return self._drawn[spec]
            try:
                async with asyncio.timeout(PATIENCE_S):
                    answer = json.loads(await self._ask(spec))
            except BaseException:
                self._end()
                raise
            if "svg" not in answer:
                raise ValueError(answer["error"])
            self._drawn[spec] = answer["svg"]
            if len(self._drawn) > KEPT:
                self._drawn.popitem(last=False)
            return str(answer["svg"])

    async def _ask(self, spec: str) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "services.dashboard.pages.drawing"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LINE,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(spec.encode() + b"\n")
        await process.stdin.drain()
        return await process.stdout.readline()

    def _end(self) -> None:
        """Whoever does not answer is not asked again."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        self._process = None


_DRAUGHTSMEN: dict[asyncio.AbstractEventLoop, _Draughtsman] = {}


async def drawn(chart: altair.TopLevelMixin, says: str) -> Markup | None:
    """A chart as it stands in a page; `says`: what a screen reader says of it. None if it cannot be drawn now."""
    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = _CONFIG
    draughtsman = _DRAUGHTSMEN.setdefault(asyncio.get_running_loop(), _Draughtsman())
    try:
        svg = await draughtsman.draw(json.dumps(spec, ensure_ascii=False, sort_keys=True))
    except (OSError, TimeoutError, ValueError) as error:
        log.warning("not_drawn", extra={"error": type(error).__name__})
        return None
    named = Markup('<svg role="img" aria-label="{}" ').format(says)
    return Markup(_ROLES.sub("", svg).replace("<svg ", str(named), 1))  # noqa: S704 -- the library escapes what it draws
