"""Cells of an export that a spreadsheet would run as a formula: an apostrophe before them keeps them text.

A text that begins with an apostrophe itself gets one more, so that taking one off gives back exactly what was there
(OWASP ASVS 5.0 V1.2.10).
"""

_DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠'")


def guarded(text: str) -> str:
    """The cell."""
    return f"'{text}" if text[:1] in _DANGEROUS and text else text


def bare(cell: str) -> str:
    """What stood in the cell before it was guarded."""
    return cell.removeprefix("'")
