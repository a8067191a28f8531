"""Where projects keeps suggestions, projects, batches, and what it remembers of the town's demand."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, Integer, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.projects.domain import batch, project, suggestion
from services.projects.domain.batch import Batch
from services.projects.domain.fund_raising import Decision
from services.projects.domain.project import Project
from services.projects.domain.suggestion import Suggestion
from shared.events.base import derived
from shared.plumbing.caller import Scope
from shared.plumbing.store import Kind, table

METADATA = MetaData()


@dataclass(frozen=True, slots=True)
class DemandDays:
    """日诉求量 of one category and place, as intake counted it: complaints by ISO day. A note."""

    category: str
    place: str
    days: dict[str, int]


def demand_id(category: str, place: str) -> UUID:
    """The note of this category and place."""
    return derived("demand-days", category, place)


SUGGESTIONS = Kind(
    "suggestion",
    Suggestion,
    table(
        METADATA,
        "suggestions",
        Column("state", Text, nullable=False),
        Column("origin", Text, nullable=False),
        Column("community", Text),
        Column("category", Text),
        Column("place", Text),
        Column("public_title", Text),
        Column("wants_project", Boolean, nullable=False),
        Column("sources", JSONB, nullable=False),
        Column("review_due_at", DateTime(timezone=True), nullable=False),
        Column("answer_due_at", DateTime(timezone=True), nullable=False),
        Column("unit", Text),
        Column("outcome", Text),
        Column("leads_to", Text),
        Column("late", JSONB, nullable=False),
        Index("suggestions_by_state", "state", "community"),
    ),
    suggestion.evolve,
    watches=suggestion.watches,
    scope=lambda s: Scope(s.community, (s.unit,) if s.unit else ()),
)
PROJECTS = Kind(
    "project",
    Project,
    table(
        METADATA,
        "projects",
        Column("state", Text, nullable=False),
        Column("community", Text, nullable=False),
        Column("category", Text),
        Column("place", Text),
        Column("public_title", Text, nullable=False),
        Column("project_category", Text, nullable=False),
        Column("tags", JSONB, nullable=False),
        Column("people", Integer),
        Column("proposed_at", DateTime(timezone=True), nullable=False),
        Column("origin", Text, nullable=False),
        Column("own_sources", JSONB, nullable=False),
        Column("sources", JSONB, nullable=False),
        Column("absorbed", JSONB, nullable=False),
        Column("disclosures", JSONB, nullable=False),
        Column("merged_into", Text),
        Column("score", Integer),
        Column("score_parts", JSONB, nullable=False),
        Column("vote", JSONB),
        Column("batch", Text),
        Column("unit", Text),
        Column("post", Text),
        Column("budget_yuan", BigInteger),
        Column("raised_yuan", BigInteger, nullable=False),
        Column("start_on", Date),
        Column("finish_on", Date),
        Column("first_finish_on", Date),
        Column("warn_at", DateTime(timezone=True)),
        Column("deadline_version", Integer, nullable=False),
        Column("warned", Integer, nullable=False),
        Column("missed", Integer, nullable=False),
        Column("year", Integer),
        Column("carried_over", Integer, nullable=False),
        Column("carried_into", Text),
        Column("milestones", JSONB, nullable=False),
        Column("started_on", Date),
        Column("percent", Integer, nullable=False),
        Column("spent_yuan", BigInteger, nullable=False),
        Column("done", JSONB, nullable=False),
        Column("completed_on", Date),
        Column("accepted_at", DateTime(timezone=True)),
        Column("effect_due_at", DateTime(timezone=True)),
        Column("verdict", Text),
        Column("maintenance", JSONB),
        Column("reached", JSONB, nullable=False),
        Index("projects_by_state", "state", "community"),
        Index("projects_by_batch", "batch"),
        Index("projects_by_finish", "finish_on"),
    ),
    project.evolve,
    watches=project.watches,
    scope=lambda s: Scope(s.community, (s.unit,) if s.unit else ()),
)
BATCHES = Kind(
    "batch",
    Batch,
    table(
        METADATA,
        "batches",
        Column("state", Text, nullable=False),
        Column("year", Integer, nullable=False),
        Column("quarter", Integer, nullable=False),
        Column("public_title", Text, nullable=False),
        Column("reserved", JSONB, nullable=False),
        Column("budget_yuan", BigInteger),
        Column("approved_yuan", BigInteger, nullable=False),
    ),
    batch.evolve,
)
DEMAND_DAYS = Kind(
    "demand-days",
    DemandDays,
    table(
        METADATA,
        "demand_days",
        Column("category", Text, nullable=False),
        Column("place", Text, nullable=False),
        Column("days", JSONB, nullable=False),
    ),
)
DECISIONS = Kind(
    "assembly-decision",
    Decision,
    table(
        METADATA,
        "assembly_decisions",
        Column("community", Text, nullable=False),
        Column("forum", Text, nullable=False),
        Column("matter", Text, nullable=False),
        Column("adopted", Boolean),
    ),
)
KINDS = (SUGGESTIONS, PROJECTS, BATCHES, DEMAND_DAYS, DECISIONS)
