"""村内筹资: what a village raises itself for a project needs the decision of its assembly."""

from dataclasses import dataclass, replace
from uuid import UUID

from shared.events.deliberation import AssemblyCalled, AssemblyDecided, AssemblyForum, AssemblyMatter
from shared.rules.broken import Reason

FORUMS = (AssemblyForum.VILLAGERS, AssemblyForum.VILLAGER_REPRESENTATIVES)
"""Who decides it: 村民委员会组织法 (2018) art. 24 and 25 [L]."""
MATTER = AssemblyMatter.PUBLIC_WELFARE_UNDERTAKING
"""本村公益事业的兴办和筹资筹劳方案及建设承包方案: 村民委员会组织法 (2018) art. 24 (3) [L]."""


@dataclass(frozen=True, slots=True)
class Decision:
    """会议决定, as deliberation has said it. `adopted`: None until it is decided. A note."""

    community: str
    forum: AssemblyForum
    matter: AssemblyMatter
    adopted: bool | None = None


def noted(known: Decision | None, heard: AssemblyCalled | AssemblyDecided) -> Decision | None:
    """What is known of an assembly after this; None while nobody has said that it was called."""
    match heard:
        case AssemblyCalled():
            return Decision(heard.community, heard.forum, heard.matter)
        case AssemblyDecided():
            return None if known is None else replace(known, adopted=heard.adopted)


def not_decided(
    raised_yuan: int, assembly: UUID | None, decision: Decision | None, community: str
) -> tuple[Reason | None, ...]:
    """Reasons why the village of this community may not raise so much; none where it raises nothing."""
    if raised_yuan == 0:
        return ()
    if assembly is None:
        return (Reason("assembly_missing", "村内筹资须有村民会议或村民代表会议的决定", "/assembly"),)
    if decision is None:
        return (Reason("assembly_unknown", "没有这次会议", "/assembly"),)
    reasons = (
        (decision.community != community, Reason("assembly_elsewhere", "会议不是本村的", "/assembly")),
        (
            decision.forum not in FORUMS or decision.matter is not MATTER,
            Reason("assembly_other_matter", "会议决定的不是兴办公益事业的筹资方案", "/assembly"),
        ),
        (decision.adopted is not True, Reason("assembly_not_adopted", "会议尚未通过", "/assembly")),
    )
    return tuple(reason if holds else None for holds, reason in reasons)
