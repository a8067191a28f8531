"""Numbers that people read out and type: Crockford's base 32, in groups of four."""

import re
from collections.abc import Sequence

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No I, L, O, U."""
_TAKEN_FOR = str.maketrans("OIL", "011")


def digits_of(number: int, count: int) -> list[int]:
    """So many digits of a number, 5 bits each."""
    return [number >> shift & 31 for shift in range(5 * (count - 1), -1, -5)]


def number_of(digits: Sequence[int]) -> int:
    """The number that these digits are."""
    number = 0
    for digit in digits:
        number = number << 5 | digit
    return number


def written(digits: Sequence[int]) -> str:
    """As people see it: `XXXX-XXXX`."""
    signs = "".join(_ALPHABET[digit] for digit in digits)
    return "-".join(signs[at : at + 4] for at in range(0, len(signs), 4))


def heard(text: str) -> list[int] | None:
    """The digits of what was typed, however it is written; None when there is another sign in it."""
    plain = re.sub(r"[\s\-]", "", text).upper().translate(_TAKEN_FOR)
    digits = [_ALPHABET.find(sign) for sign in plain]
    return None if -1 in digits else digits
