"""Where escalation keeps issues and duties."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.escalation.domain import duty, issue
from services.escalation.domain.duty import Duty
from services.escalation.domain.issue import Issue
from shared.plumbing.caller import Scope
from shared.plumbing.store import Kind, table

METADATA = MetaData()


def _of_issue(state: Issue) -> Scope:
    """The communities', the requester's, the caller's and every called department's."""
    units = (state.requested_by, state.caller, *state.called)
    departments = tuple(unit for unit in units if unit is not None)
    return Scope(state.community, departments, communities=state.communities)


def _of_duty(state: Duty) -> Scope:
    """The communities', the called department's and the caller's."""
    return Scope(state.community, (state.department, state.caller), communities=state.communities)


ISSUES = Kind(
    "issue",
    Issue,
    table(
        METADATA,
        "issues",
        Column("state", Text, nullable=False),
        Column("community", Text),
        Column("category", Text, nullable=False),
        Column("place", Text),
        Column("public_title", Text, nullable=False),
        Column("whistle", Text, nullable=False),
        Column("requested_by", Text, nullable=False),
        Column("requested_at", DateTime(timezone=True), nullable=False),
        Column("approval_due_at", DateTime(timezone=True), nullable=False),
        Column("sources", JSONB, nullable=False),
        Column("approved_at", DateTime(timezone=True)),
        Column("approval_missed", Boolean, nullable=False),
        Column("caller", Text),
        Column("lead", Text),
        Column("support", JSONB, nullable=False),
        Column("task", Text),
        Column("due_at", DateTime(timezone=True)),
        Column("deadline_version", Integer, nullable=False),
        Column("runs_from", DateTime(timezone=True)),
        Column("paused_at", DateTime(timezone=True)),
        Column("ladder", JSONB, nullable=False),
        Column("supervision", Text),
        Column("plan", JSONB, nullable=False),
        Column("done", JSONB, nullable=False),
        Column("resolved_at", DateTime(timezone=True)),
        Column("result", Text),
        Column("scores", JSONB, nullable=False),
        Column("whistle_evaluated_by", JSONB, nullable=False),
        Column("reason", Text),
        Column("communities", JSONB, nullable=False),
        Column("needed_by", DateTime(timezone=True)),
        Column("score_comments", JSONB, nullable=False),
    ),
    issue.evolve,
    watches=issue.watches,
    scope=_of_issue,
)
Index("issues_by_state", ISSUES.table.c.state, ISSUES.table.c.community)
Index("issues_by_category", ISSUES.table.c.category, ISSUES.table.c.requested_at)
Index("issues_by_source", ISSUES.table.c.sources, postgresql_using="gin")

DUTIES = Kind(
    "duty",
    Duty,
    table(
        METADATA,
        "duties",
        Column("state", Text, nullable=False),
        Column("issue", Uuid, nullable=False),
        Column("department", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("caller", Text, nullable=False),
        Column("community", Text, nullable=False),
        Column("whistle", Text, nullable=False),
        Column("sources", JSONB, nullable=False),
        Column("called_at", DateTime(timezone=True), nullable=False),
        Column("acknowledge_by", DateTime(timezone=True), nullable=False),
        Column("acknowledge_near_at", DateTime(timezone=True), nullable=False),
        Column("check_in_by", DateTime(timezone=True), nullable=False),
        Column("check_in_near_at", DateTime(timezone=True), nullable=False),
        Column("due_at", DateTime(timezone=True)),
        Column("due_near_at", DateTime(timezone=True)),
        Column("deadline_version", Integer, nullable=False),
        Column("provisional", Boolean, nullable=False),
        Column("warned", JSONB, nullable=False),
        Column("missed", JSONB, nullable=False),
        Column("acknowledged_at", DateTime(timezone=True)),
        Column("acknowledged_late", Boolean, nullable=False),
        Column("checked_in_at", DateTime(timezone=True)),
        Column("checked_in_late", Boolean, nullable=False),
        Column("mode", Text),
        Column("finished_at", DateTime(timezone=True)),
        Column("finished_late", Boolean, nullable=False),
        Column("done", JSONB, nullable=False),
        Column("objected", Boolean, nullable=False),
        Column("proposed", Text),
        Column("released_at", DateTime(timezone=True)),
        Column("reason", Text),
        Column("communities", JSONB, nullable=False),
        Column("lifted", Boolean, nullable=False),
    ),
    duty.evolve,
    watches=duty.watches,
    scope=_of_duty,
)
Index("duties_by_issue", DUTIES.table.c.issue)
Index("duties_by_department", DUTIES.table.c.department, DUTIES.table.c.state)
Index("duties_by_call", DUTIES.table.c.called_at)

KINDS = (ISSUES, DUTIES)
