"""公开文本中的个人信息: a telephone, an identity number, a plate, an address down to the door, a mailbox, the person's name.

Staff write texts for the public, and these are facts for ever. What looks personal is refused, never silently changed.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel

from shared.events.base import Kept
from shared.rules.broken import Reason

CODE = "personal_data_in_public_text"

MOBILE, LAND_LINE, ID_NUMBER = "手机号码", "固定电话号码", "身份证号码"
PLATE, DOOR, MAILBOX, KNOWN = "车牌号", "门牌号", "电子邮箱", "诉求人的姓名或联系方式"

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
"""GB 11643-1999: weights, and the check digit by the remainder of 11."""
_MOBILE_LENGTH = 11
_LONGEST = 15
"""No telephone number has more digits, with the code of the country."""
_SPOKEN = str.maketrans("〇零一二三四五六七八九幺", "001234567891")
_SPOKEN_DIGITS = "〇零一二三四五六七八九幺"

_NO_TEXT = re.compile(r"[a-z][a-z-]*/[0-9a-f-]{36}|[0-9a-f]{64}")
"""The name of a stream, or a checksum: whatever digits it has, nobody can be called by them."""

_BETWEEN = r"[ \t\-‐‑‒–—―_·•./()*~⁠]{1,3}"
_RUN = re.compile(rf"\d+(?:{_BETWEEN}\d+)*")
_SPOKEN_RUN = re.compile(rf"[{_SPOKEN_DIGITS}](?:[ \-]?[{_SPOKEN_DIGITS}]){{10,}}")
_ID_CANDIDATE = re.compile(r"(?<![\dA-Za-z])\d(?:[ \-]?\d){16}[ \-]?[\dXx](?![\dA-Za-z])")
_ID_SAID = re.compile(r"身份证[^\d]{0,8}(\d[\d \-]{13,22}[\dXx])")
_LOCAL = re.compile(
    r"(?:电话|座机|致电|拨打|来电|固话|联系方式|联系号码)[号码是为:：,， ]{0,4}(?<!\d)([2-9]\d{3}[ \-]?\d{3,4})(?!\d)"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][ ·•.\-]?"
    r"(?=[A-HJ-NP-Z]{0,4}\d)[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]"
)
_MAILBOX = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")

_COUNT = r"[\d一二三四五六七八九十百两零〇]{1,5}"
_ROOM = r"(?:\d{3,4}|[一二三四五六七八九零〇]{3,4})"
_NOT_COUNTED = r"(?!\d)(?! ?(?:人|米|平|元|块|个|件|次|年|盏|棵|辆|户居民|户群众|户家庭|多|余|号楼|公里|厘米))"
_BUILDING = r"(?:号楼|号院|栋|幢|座|#楼|#|号)"
_UNIT = rf"{_COUNT} ?(?:单元|门)[ ,，]?"
_DOORS = (
    re.compile(
        rf"{_COUNT} ?{_BUILDING}[ ,，]?(?:{_COUNT} ?号楼[ ,，]?)?{_UNIT}"
        rf"(?:第? ?{_ROOM}{_NOT_COUNTED}|{_COUNT} ?(?:室|号|房))"
    ),
    re.compile(rf"{_COUNT} ?(?:号楼|栋|幢|座|#楼)[ ,，]?{_ROOM} ?(?:室|号|房)"),
    re.compile(rf"{_COUNT} ?单元[ ,，]?{_ROOM}(?: ?(?:室|房|号(?!楼))|{_NOT_COUNTED})"),
    re.compile(r"(?<![\d\-.])\d{1,2}[\-#]\d{1,2}-[1-3]?\d0[1-9](?![\d\-.])"),
)
"""Building, unit and room; a building alone, or a number of households, is no door."""


class Known(NamedTuple):
    """What the vault knows of the person whose complaint it is, where it is at hand."""

    name: str | None
    phone: str | None


def personal(text: str, known: Sequence[Known] = (), public: Collection[str] = ()) -> list[str]:
    """What kinds of personal data the text seems to have, in words. `public`: numbers of offices, which may stand."""
    plain = unicodedata.normalize("NFKC", text).replace("\u200b", "").replace("﻿", "")
    offices = {_digits(number) for number in public}
    found = [kind for kind, number in _numbers(plain) if number not in offices]
    if any(_is_id(match[0]) for match in _ID_CANDIDATE.finditer(plain)) or _ID_SAID.search(plain):
        found.append(ID_NUMBER)
    if _PLATE.search(plain.upper()):
        found.append(PLATE)
    if any(door.search(plain) for door in _DOORS):
        found.append(DOOR)
    if _MAILBOX.search(plain):
        found.append(MAILBOX)
    if any(_says(plain, person) for person in known):
        found.append(KNOWN)
    return list(dict.fromkeys(found))


def unfit(asked: BaseModel, known: Sequence[Known] = (), public: Collection[str] = ()) -> list[Reason]:
    """Every text of a request that may not become public, with its pointer; the text itself is not repeated."""
    return [found for pointer, text in _texts(asked, "") if (found := unfit_text(text, pointer, known, public))]


def unfit_text(text: str, pointer: str, known: Sequence[Known] = (), public: Collection[str] = ()) -> Reason | None:
    """The reason why one text may not become public, or stand where the auditor reads it."""
    kinds = personal(text, known, public)
    return Reason(CODE, f"文本中疑有{'、'.join(kinds)}，请改写", pointer) if kinds else None


def _texts(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Every text in there, with its pointer."""
    match value:
        case Kept():
            return  # it becomes public nowhere
        case BaseModel():
            for name, inner in value:
                yield from _texts(inner, f"{pointer}/{name}")
        case tuple() | list():
            for index, inner in enumerate(value):
                yield from _texts(inner, f"{pointer}/{index}")
        case str() if not _NO_TEXT.fullmatch(value):
            yield pointer, value


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """Every telephone number, however it is grouped, with its digits alone."""
    for run in _RUN.finditer(text):
        yield from _in_groups(re.findall(r"\d+", run[0]))
    for spoken in _SPOKEN_RUN.finditer(text):
        yield from _in_groups([_digits(spoken[0].translate(_SPOKEN))])
    for local in _LOCAL.finditer(text):
        yield LAND_LINE, _digits(local[1])


def _in_groups(groups: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Neighbouring groups that together are a telephone number, and are grouped as people group one."""
    for start in range(len(groups)):
        for end in range(start + 1, len(groups) + 1):
            window = groups[start:end]
            digits = "".join(window)
            if len(digits) > _LONGEST:
                break
            if not _as_people_write(window):
                continue
            if _is_mobile(digits):
                yield MOBILE, digits[-_MOBILE_LENGTH:]
            elif _is_land_line(digits):
                yield LAND_LINE, digits


def _as_people_write(groups: Sequence[str]) -> bool:
    """In one piece, in groups of three digits or more, or in equal groups of which the last may be shorter.

    So a list of numbers and dates is no telephone. The code of the country may stand before.
    """
    if groups[0] in ("86", "0086") and len(groups) > 1:
        groups = groups[1:]
    sizes = [len(group) for group in groups]
    equal = len(sizes) > 3 and len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0]
    return len(sizes) == 1 or min(sizes) >= 3 or equal


def _is_mobile(digits: str) -> bool:
    plain = re.sub(r"^(?:00)?86(?=1[3-9]\d{9}$)", "", digits)
    return re.fullmatch(r"1[3-9]\d{9}", plain) is not None


def _is_land_line(digits: str) -> bool:
    """An area code, then a number that begins with neither 0 nor 1."""
    return re.fullmatch(r"(?:010|02\d)[2-9]\d{7}|0[3-9]\d{2}[2-9]\d{6,7}", digits) is not None


def _is_id(candidate: str) -> bool:
    """An identity number: its birthday is a day, its check digit is right."""
    signs = re.sub(r"[ \-]", "", candidate).upper()
    try:
        date(int(signs[6:10]), int(signs[10:12]), int(signs[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(sign) for weight, sign in zip(_ID_WEIGHTS, signs, strict=False))
    return _ID_CHECKS[total % 11] == signs[17]


def _says(text: str, person: Known) -> bool:
    name = (person.name or "").strip()
    number = _digits(person.phone or "")
    return (len(name) > 1 and name in text) or (len(number) > 6 and number in _digits(text))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
