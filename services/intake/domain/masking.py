"""脱敏: how a name and a contact are shown to those who need not know them."""

import re

_STARS = "*"
_TAIL = 4
_HEAD = 3
_SHOWN_AT_LEAST = 7
"""A number of fewer digits is hidden as a whole: its ends would be most of it."""


def masked_name(name: str) -> str:
    """张三丰 → 张**: the first sign stays. A single sign is hidden."""
    plain = name.strip()
    return plain[0] + _STARS * (len(plain) - 1) if len(plain) > 1 else _STARS * len(plain)


def masked_phone(phone: str) -> str:
    """13800001234 → 138****1234: three digits before, four behind; of a shorter number the last two; signs between go."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) > _HEAD + _TAIL:
        return digits[:_HEAD] + _STARS * (len(digits) - _HEAD - _TAIL) + digits[-_TAIL:]
    shown = digits[-2:] if len(digits) >= _SHOWN_AT_LEAST else ""
    return _STARS * (len(digits) - len(shown)) + shown
