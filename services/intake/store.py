"""What intake keeps: complaints, their routes, hotspots, the demand of each day, and requests to erase a person."""

from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from services.intake.domain import complaint, demand, hotspot, route
from services.intake.domain.clock import watches
from services.intake.domain.complaint import Complaint
from services.intake.domain.demand import Demand
from services.intake.domain.erasure import Erasure
from services.intake.domain.hotspot import Hotspot
from services.intake.domain.route import Route
from shared.plumbing.caller import Scope
from shared.plumbing.store import Kind, table

METADATA = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _json(name: str) -> Column[Any]:
    return Column(name, JSONB, nullable=False)


def _moment(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


_COMPLAINTS = table(
    METADATA,
    "complaints",
    _text("state"),
    _text("type"),
    Column("channel", Text),
    Column("number", Text),
    Column("community", Text),
    _text("category"),
    Column("place", Text),
    _text("urgency"),
    _flag("confidential"),
    _flag("repeat"),
    _flag("possible_repeat"),
    _moment("received_at", nullable=False),
    Column("lead", Text),
    Column("first_handler", Text),
    _json("support"),
    _number("dispatches"),
    _moment("dispatched_at"),
    _moment("accept_by"),
    _moment("contact_by"),
    _moment("first_contact_at"),
    _moment("clock_from"),
    _moment("due_at"),
    _number("rest_seconds"),
    _number("deadline_version"),
    _number("near"),
    _json("missed"),
    _json("returned_by"),
    Column("return_reason", Text),
    _moment("return_decide_by"),
    _number("extensions"),
    _moment("extension_until"),
    _moment("extension_decide_by"),
    Column("listing", Text),
    _number("listing_reviews"),
    _moment("listing_review_by"),
    _moment("listing_ends_by"),
    _number("finishes"),
    _moment("finished_at"),
    _moment("callback_by"),
    _json("callback_tries"),
    Column("callback", JSONB),
    _number("reopenings"),
    Column("exception", Text),
    Column("closed", Text),
    _flag("supervised"),
    _flag("hard"),
    _json("urges"),
    _json("steps"),
    _moment("ended_at"),
    _moment("retain_until"),
)
Index("complaints_received", _COMPLAINTS.c.received_at)
Index("complaints_spot", _COMPLAINTS.c.category, _COMPLAINTS.c.place, _COMPLAINTS.c.received_at)
Index("complaints_place", _COMPLAINTS.c.place)
Index("complaints_community", _COMPLAINTS.c.community, _COMPLAINTS.c.received_at)
Index("complaints_lead", _COMPLAINTS.c.lead, _COMPLAINTS.c.state)

COMPLAINTS = Kind(
    "complaint",
    Complaint,
    _COMPLAINTS,
    complaint.evolve,
    watches=watches,
    scope=lambda state: Scope(state.community, (*filter(None, (state.lead,)), *state.support)),
)

_ROUTES = table(
    METADATA,
    "routes",
    _text("state"),
    Column("complaint", Uuid, nullable=False),
    Column("community", Text),
    _text("category"),
    Column("place", Text),
    _text("wanted"),
    Column("target", Text),
    Column("hotspot", Text),
    Column("outcome", Text),
    Column("concluded_by", Text),
)
Index("routes_complaint", _ROUTES.c.complaint)
Index("routes_target", _ROUTES.c.target)
Index("routes_hotspot", _ROUTES.c.hotspot)

ROUTES = Kind("route", Route, _ROUTES, route.evolve, scope=lambda state: Scope(state.community))

_HOTSPOTS = table(
    METADATA,
    "hotspots",
    _text("state"),
    _text("category"),
    _text("community"),
    _text("place"),
    _number("people"),
    _number("complaints"),
    _text("rule"),
    _moment("since", nullable=False),
    Column("topic", Text),
)
Index("hotspots_topic", _HOTSPOTS.c.topic)

HOTSPOTS = Kind("hotspot", Hotspot, _HOTSPOTS, hotspot.evolve, scope=lambda state: Scope(state.community))

DEMANDS = Kind(
    "demand",
    Demand,
    table(METADATA, "demands", _text("category"), _text("community"), _text("place"), _json("days")),
    demand.evolve,
    scope=lambda state: Scope(state.community),
)

_ERASURES = table(
    METADATA,
    "erasures",
    _text("state"),
    _text("ground"),
    _text("reason"),
    Column("subject", Uuid),
    _text("requested_by"),
    _moment("requested_at", nullable=False),
    Column("decided_by", Text),
    _moment("decided_at"),
    Column("why", Text),
)
Index("erasures_open", _ERASURES.c.subject, unique=True, postgresql_where=text("state = 'REQUESTED'"))

ERASURES = Kind("erasure", Erasure, _ERASURES)
"""A note: that somebody wants to be forgotten is nobody else's business, so no fact says it."""

Table("forgotten_orders", METADATA, Column("id", Uuid, primary_key=True), Column("complaint", Uuid, nullable=False))
"""Orders that urged or added to a complaint and were forgotten: sent again, they are known, and nothing is kept anew."""

Table("forgotten_people", METADATA, Column("complaint", Uuid, primary_key=True), Column("person", Uuid, nullable=False))
"""Which ended complaints of erased people have one asker: a name drawn at random, so that counts stay as they were."""
