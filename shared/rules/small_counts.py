"""小数隐去: how many residents there were, as everybody may read it."""

SMALLEST_SHOWN = 5
"""Fewer residents than this could be known one by one to their neighbours."""


def shown(residents: int) -> str:
    """So many residents, in public: `<5` for fewer than five, none included; otherwise the number."""
    return f"<{SMALLEST_SHOWN}" if residents < SMALLEST_SHOWN else str(residents)
