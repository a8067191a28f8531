"""文稿: a document as its parts, whatever it is printed on. Nothing in it is markup: every text is a text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.deliberation.domain.wording import chinese

Piece = str | date
"""A text, a day or an instant (`datetime` is a `date`); times are written for people and, in HTML, for machines."""
Words = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """段落."""

    words: Words


@dataclass(frozen=True, slots=True)
class Items:
    """要素: names and what they are."""

    pairs: tuple[tuple[str, Words], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """表格: `widths`: the parts of the line that the columns take."""

    head: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """校验码: a SHA-256 in hexadecimal."""

    label: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """原文: a text kept line by line."""

    text: str


Block = Paragraph | Items | Table | Seal | Quoted


@dataclass(frozen=True, slots=True)
class Section:
    """章节. `number`: 一、（一）1. as GB/T 9704 numbers; `anchor`: by which it is linked to."""

    title: Words
    blocks: tuple[Block, ...] = ()
    sections: tuple["Section", ...] = ()
    number: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """文稿: title page, then sections. `as_of`: when the last thing in it happened."""

    kind: str
    title: str
    issuer: str
    cover: tuple[tuple[str, Words], ...]
    as_of: datetime
    reference: str
    sections: tuple[Section, ...] = field(default=())


def said(*pieces: Piece | None) -> Paragraph:
    """A paragraph of these pieces; what is None is left out."""
    return Paragraph(words(*pieces))


def words(*pieces: Piece | None) -> Words:
    """These pieces; what is None is left out."""
    return tuple(piece for piece in pieces if piece is not None)


def items(*pairs: tuple[str, Words | str | None]) -> Items:
    """What is known of these; what is None or empty is left out."""
    return Items(tuple((name, (value,) if isinstance(value, str) else value) for name, value in pairs if value))


def table(head: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[Words | str]]) -> Table:
    """A table; cells are texts or pieces."""
    cells = tuple(tuple((cell,) if isinstance(cell, str) else cell for cell in row) for row in rows)
    return Table(tuple(head), cells, tuple(widths))


_LEVELS = (lambda number: f"{chinese(number)}、", lambda number: f"（{chinese(number)}）", lambda number: f"{number}.")
"""结构层次序数 (GB/T 9704-2012, 7.3.3): 一、（一）1."""


def numbered(sections: Iterable[Section], above: str = "s", level: int = 0) -> tuple[Section, ...]:
    """The same sections with numbers and anchors, three levels deep."""
    return tuple(
        replace(
            section,
            number=_LEVELS[level](number),
            anchor=f"{above}-{number}",
            sections=numbered(section.sections, f"{above}-{number}", level + 1),
        )
        for number, section in enumerate(sections, 1)
    )
