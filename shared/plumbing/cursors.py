"""翻页: where a list goes on. A cursor names the last row shown; nobody can make or change one without the key."""

import base64
import binascii
import hmac
import json
from typing import NamedTuple, NoReturn
from uuid import UUID

from pydantic import BaseModel

from shared.plumbing.vault import Keys
from shared.rules.broken import Reason, RuleBroken

_TAG = 16
_USE = b"cursor"


class After(NamedTuple):
    """The last row shown: the value it was sorted by, as text, and its id."""

    value: str
    id: UUID


def written(keys: Keys, filters: BaseModel, sort: str, after: After) -> str:
    """The cursor that goes on after this row of this list."""
    text = json.dumps([after.value, after.id.hex]).encode()
    return base64.urlsafe_b64encode(_tag(keys, filters, sort, text) + text).decode().rstrip("=")


def read(keys: Keys, filters: BaseModel, sort: str, cursor: str, pointer: str = "?after") -> After:
    """Where that cursor goes on; raises `RuleBroken` for one that we did not write for this list. `pointer`: where it
    stands in the request."""
    try:
        both = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        _bad(pointer)
    tag, text = both[:_TAG], both[_TAG:]
    if not hmac.compare_digest(tag, _tag(keys, filters, sort, text)):
        _bad(pointer)
    value, id = json.loads(text)
    return After(value, UUID(id))


def _tag(keys: Keys, filters: BaseModel, sort: str, text: bytes) -> bytes:
    """Bound to the conditions and the order: in another list the cursor would name another place."""
    key = hmac.digest(keys.lookup, _USE, "sha256")
    asked = filters.model_dump_json(exclude_defaults=True).encode()
    return hmac.digest(key, b"\n".join((asked, sort.encode(), text)), "sha256")[:_TAG]


def _bad(pointer: str) -> NoReturn:
    raise RuleBroken(Reason("wrong_cursor", "翻页标记无效，请从第一页重新查询", pointer))
