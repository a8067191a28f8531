"""全过程: everything that was said of a complaint and of its routes, its due dates, its urges and attachments."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.intake.deciding import SAID
from services.intake.domain.wording import HEADINGS, ROLES, sentence, text
from services.intake.store import COMPLAINTS
from shared.events.base import Fact
from shared.events.intake import (
    ComplaintDeadlineRecounted,
    ComplaintDispatched,
    ComplaintListed,
    ComplaintReopened,
    ComplaintUrged,
    ExtensionGranted,
    ListingEnded,
)
from shared.plumbing.database import Connection, Pool
from shared.rules.township import Role, Town

_SAID = """
select kind, stream, version, type, data::text as data, actor, occurred_at, recorded_at from journal
where stream = any(array(select id from routes where complaint = $1) || $1::uuid) order by position
"""
_ATTACHED = """
select id, media_type, size, uploaded_at, uploaded_by, withdrawn_at, erased_at from attachments
where kind = $1 and owner = $2 order by uploaded_at, id
"""
_AUTOMATIC = "系统自动"
_SORTS = {"image": "照片", "audio": "录音"}

Said = tuple[asyncpg.Record, Fact]
"""A row of the journal, and the fact in it."""


async def facts(con: Connection | Pool, id: UUID) -> list[Said]:
    """All facts of a complaint and of its routes, as they were written down."""
    return [(row, Fact.known[row["type"]].read(row["data"])) for row in await con.fetch(_SAID, id)]


def told(rows: Iterable[Said], kept: Mapping[str, Any], town: Town) -> list[dict[str, Any]]:
    """Each fact in the office's words. `kept`: what the vault holds of a confidential one, where the caller may read it."""
    return [
        {
            "kind": row["kind"],
            "stream": str(row["stream"]),
            "version": row["version"],
            "fact": type(fact).__name__,
            "occurred_at": row["occurred_at"].isoformat(),
            "recorded_at": row["recorded_at"].isoformat(),
            "heading": HEADINGS[type(fact)],
            "says": sentence(fact, town),
            "text": text(fact) or _from_vault(row, kept),
            "who": who(row["actor"], town),
        }
        for row, fact in rows
    ]


def opened(entries: Mapping[str, str]) -> dict[str, Any]:
    """What staff wrote about a confidential complaint, by the version it led to."""
    return {
        field.removeprefix(f"{SAID}/"): json.loads(words)
        for field, words in entries.items()
        if field.startswith(f"{SAID}/")
    }


_WRITTEN = ("reason", "answer", "right_channel", "note", "why", "plan", "finding", "measure")


def _from_vault(row: asyncpg.Record, kept: Mapping[str, Any]) -> str | None:
    request = kept.get(str(row["version"])) if row["kind"] == "complaint" else None
    if request is None:
        return None
    return "；".join(str(request[field]) for field in _WRITTEN if request.get(field)) or None


def who(actor: str, town: Town) -> dict[str, Any]:
    """办理人: role and unit; `subject` is the person, for those roles that must know."""
    word, _, rest = actor.partition(":")
    scope, _, subject = rest.rpartition(":")
    role = next((role for role in Role if role == word), None)
    units = [found.name if (found := town.unit(code)) else code for code in scope.split(",") if code]
    return {
        "role": role,
        "words": ROLES[role] if role not in (None, Role.SERVICE) else _AUTOMATIC,
        "unit": "、".join(units) or None,
        "subject": subject or None,
    }


_WHY = {
    ComplaintDispatched: "派单",
    ExtensionGranted: "同意延期",
    ComplaintListed: "挂账，时限中止",
    ListingEnded: "销账，时限恢复",
    ComplaintReopened: "重办",
    ComplaintDeadlineRecounted: "节假日公布，重算",
}


def deadlines(rows: Sequence[Said]) -> list[dict[str, Any]]:
    """时限版本: each due date, since when it stood, and why; None while the listing suspends it."""
    found: list[dict[str, Any]] = []
    for row, fact in rows:
        why = _WHY.get(type(fact))
        if why is None or (found and found[-1]["version"] == fact.deadline_version):  # type: ignore[attr-defined]
            continue
        due_at = None if isinstance(fact, ComplaintListed) else fact.due_at  # type: ignore[attr-defined]
        found.append(
            {
                "version": fact.deadline_version,  # type: ignore[attr-defined]
                "from": row["occurred_at"].isoformat(),
                "due_at": due_at.isoformat() if due_at else None,
                "why": why,
            }
        )
    return found


async def attachments(con: Connection | Pool, id: UUID, town: Town) -> list[dict[str, Any]]:
    """附件: of what kind and size, who brought it and when. The name that a file had, and what it shows, stay sealed."""
    return [
        {
            "attachment": str(row["id"]),
            "media_type": row["media_type"],
            "words": _SORTS[row["media_type"].partition("/")[0]],
            "size": row["size"],
            "occurred_at": row["uploaded_at"].isoformat(),
            "withdrawn_at": row["withdrawn_at"] and row["withdrawn_at"].isoformat(),
            "erased_at": row["erased_at"] and row["erased_at"].isoformat(),
            "who": who(row["uploaded_by"], town),
        }
        for row in await con.fetch(_ATTACHED, COMPLAINTS.name, id)
    ]


def urges(rows: Iterable[Said]) -> list[dict[str, Any]]:
    """催办 and 补充."""
    return [
        {"urge": fact.urge, "urged_at": fact.urged_at.isoformat()}
        for _, fact in rows
        if isinstance(fact, ComplaintUrged)
    ]
