"""Papers on a screen and on paper: HTML by Jinja, PDF by Typst. Every text is handed over as data, never as markup."""

import asyncio
import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
import pylopdf_fonts_zh_cn as fonts
import typst

from services.deliberation.domain.paper import Block, Items, Paper, Paragraph, Quoted, Seal, Section, Table, Words
from services.deliberation.domain.wording import day, moment
from shared.rules.township import SHANGHAI

_PAGES = Path(__file__).parent / "pages"
_STYLE = (_PAGES / "dossier.css").read_text()
_LAYOUT = (_PAGES / "dossier.typ").read_bytes()
_PRESS = ThreadPoolExecutor(1, "press")
"""One PDF at a time in each process: Typst lets go of the interpreter while it works, and has all it needs of one core."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
"""Nothing but our own style is loaded, and nothing is run."""


def human(at: date) -> str:
    """日期、时间 for people: 2026年1月5日, 2026年1月5日9:05."""
    return moment(at) if isinstance(at, datetime) else day(at)


def machine(at: date) -> str:
    """日期、时间 for machines (GB/T 7408, ISO 8601): 2026-01-05, 2026-01-05T09:05:00+08:00."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds") if isinstance(at, datetime) else at.isoformat()


_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_ENVIRONMENT.filters |= {"human": human, "machine": machine, "kind": lambda part: type(part).__name__}
_PAGE = _ENVIRONMENT.get_template("dossier.html")


def html(paper: Paper) -> bytes:
    """The paper as one page without anything else to load."""
    return _PAGE.render(paper=paper, style=_STYLE).encode()


async def pdf(paper: Paper) -> bytes:
    """The paper as PDF, made beside the event loop; the same paper gives the same bytes."""
    return await asyncio.get_running_loop().run_in_executor(_PRESS, typeset, paper)


def typeset(paper: Paper) -> bytes:
    """The paper as PDF, tagged, its fonts embedded as far as they are used; its only date is the paper's own."""
    made = typst.compile(
        _LAYOUT,
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"paper": json.dumps(_data(paper), ensure_ascii=False)},
        timestamp=int(paper.as_of.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> typst.Fonts:
    """Only the fonts that came with the program: every machine makes the same file."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts.serif_path().parent])


def _data(paper: Paper) -> dict[str, Any]:
    return {
        "kind": paper.kind,
        "title": paper.title,
        "issuer": paper.issuer,
        "cover": [[name, _text(value)] for name, value in paper.cover],
        "sections": [_section(section) for section in paper.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "number": section.number,
        "title": _text(section.title),
        "anchor": section.anchor,
        "blocks": [{"kind": type(block).__name__} | _block(block) for block in section.blocks],
        "sections": [_section(below) for below in section.sections],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"text": _text(block.words)}
        case Items():
            return {"pairs": [[name, _text(value)] for name, value in block.pairs]}
        case Table():
            rows = [[_text(cell) for cell in row] for row in block.rows]
            return {"head": block.head, "widths": block.widths, "rows": rows}
        case Seal():
            return {"label": block.label, "sha256": block.sha256}
        case Quoted():
            return {"lines": block.text.split("\n")}


def _text(words: Words) -> str:
    return "".join(piece if isinstance(piece, str) else human(piece) for piece in words)
