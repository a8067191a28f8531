"""脱敏: what of a name and a telephone number is shown to somebody who only has to recognise it."""

_HIDDEN = "*"
MOBILE_DIGITS = 11
FIRST, LAST = 3, 4
"""Of a mobile number the first three and the last four digits are shown (GB/T 37964)."""
LAST_OF_OTHERS = 2
SHORTEST = 6
"""Of a shorter number nothing is shown: two digits would be a good part of it."""


def masked_name(name: str | None) -> str | None:
    """张**: the first character; of a name of one character nothing. The stars do not tell its length."""
    if name is None:
        return None
    name = name.strip()
    return f"{name[0] if len(name) > 1 else ''}{_HIDDEN * 2}"


def masked_phone(phone: str | None) -> str | None:
    """138****0000; of other numbers the last two digits."""
    if phone is None:
        return None
    digits = "".join(filter(str.isdigit, phone))
    if len(digits) >= MOBILE_DIGITS and digits[-MOBILE_DIGITS] == "1":
        mobile = digits[-MOBILE_DIGITS:]
        return f"{mobile[:FIRST]}{_HIDDEN * 4}{mobile[-LAST:]}"
    return f"{_HIDDEN * 4}{digits[-LAST_OF_OTHERS:] if len(digits) >= SHORTEST else ''}"
