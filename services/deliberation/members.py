"""N 方代表: who they are lies in the vault, as long as they are members."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.deliberation.domain.asked import Reachable
from services.deliberation.domain.platform import Platform
from shared.events.base import Fact
from shared.events.deliberation import MemberLeft
from shared.plumbing.database import Connection
from shared.plumbing.vault import Vault
from shared.plumbing.work import Work

MEMBER = "member"
"""The vault's field for a member's name and number: `member/` and the member's id, under the platform."""


def forget(work: Work, facts: Iterable[Fact]) -> None:
    """Whoever has left is forgotten in the same transaction."""
    for fact in facts:
        match fact:
            case MemberLeft():
                work.besides.append(_forgetting(fact.member))


def _forgetting(member: UUID) -> Any:
    async def write(con: Connection) -> None:
        await Vault.forget_person(con, member)

    return write


async def members_of(
    con: Connection, vault: Vault, id: UUID, platform: Platform, *, opened: bool
) -> list[dict[str, Any]]:
    """代表名单; `opened`: with names and numbers, where they are kept."""
    entries = [(id, f"{MEMBER}/{member}") for member in platform.members] if opened else []
    kept = await vault.read_entries(con, entries) if entries else {}
    found = []
    for member, kind in platform.members.items():
        shown: dict[str, Any] = {"member": str(member), "kind": kind, "until": platform.member_terms.get(member)}
        if opened:
            text = kept.get((id, f"{MEMBER}/{member}"))
            shown |= Reachable.model_validate_json(text).model_dump() if text else {"name": None, "phone": None}
        found.append(shown)
    return found
