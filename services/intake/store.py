"""What intake keeps: complaints, their routes, hotspots, the demand of each day, and requests to erase a person."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.intake.domain import complaint, demand, figures, hotspot, importing, route
from services.intake.domain.clock import RUNNING, watches
from services.intake.domain.complaint import Complaint
from services.intake.domain.demand import Demand
from services.intake.domain.erasure import Erasure
from services.intake.domain.figures import RatesMonth
from services.intake.domain.hotspot import Hotspot
from services.intake.domain.importing import ImportRun
from services.intake.domain.rates import COUNTS
from services.intake.domain.route import Route
from shared.events.vocabulary import Channel, Urgency
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
    _flag("provisional"),
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
    _moment("reopened_at"),
    Column("exception", Text),
    Column("closed", Text),
    _flag("supervised"),
    _flag("hard"),
    _json("urges"),
    _json("steps"),
    _moment("ended_at"),
    _moment("retain_until"),
)
Index("complaints_received", _COMPLAINTS.c.received_at, _COMPLAINTS.c.id)
Index("complaints_state", _COMPLAINTS.c.state, _COMPLAINTS.c.received_at, _COMPLAINTS.c.id)
Index("complaints_due", func.coalesce(_COMPLAINTS.c.due_at, text("'infinity'::timestamptz")), _COMPLAINTS.c.id)
Index(
    "complaints_running",
    _COMPLAINTS.c.due_at,
    postgresql_where=text(f"state in ({', '.join(repr(str(one)) for one in sorted(RUNNING))}) and due_at is not null"),
)
for _rare in ("supervised", "hard", "repeat", "confidential"):
    Index(f"complaints_{_rare}", _COMPLAINTS.c.received_at, _COMPLAINTS.c.id, postgresql_where=text(_rare))
Index(
    "complaints_channel",
    *(_COMPLAINTS.c.channel, _COMPLAINTS.c.received_at, _COMPLAINTS.c.id),
    postgresql_where=text(f"channel <> '{Channel.HOTLINE_12345}'"),
)
Index(
    "complaints_critical",
    *(_COMPLAINTS.c.received_at, _COMPLAINTS.c.id),
    postgresql_where=text(f"urgency = '{Urgency.CRITICAL}'"),
)
for _few in ("support", "urges"):
    Index(f"complaints_{_few}", _COMPLAINTS.c[_few], postgresql_using="gin", postgresql_where=text(f"{_few} <> '[]'"))
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
    scope=lambda state: Scope(
        state.community, (*filter(None, (state.lead,)), *state.support), confidential=state.confidential
    ),
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

RATES = Kind(
    "rates",
    RatesMonth,
    table(
        METADATA,
        "rate_months",
        _text("month"),
        _moment("begins_at", nullable=False),
        _moment("ends_at", nullable=False),
        _text("terms"),
        Column("up_to", BigInteger, nullable=False),
        _text("digest"),
    ),
    figures.evolve,
)

RATE_FIGURES = Table(
    "rate_figures",
    METADATA,
    Column("month", Text, primary_key=True),
    Column("by", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    *(_number(name) for name in COUNTS),
    *(Column(name, Numeric(5, 2)) for name in ("response", "resolution", "satisfaction", "score")),
    _text("terms"),
    Column("up_to", BigInteger, nullable=False),
    _moment("computed_at", nullable=False),
    _json("causes"),
)
"""公布数: append-only. A row stands from its version on until a later one of the same month, `by` and `value`."""

IMPORTS = Kind(
    "import",
    ImportRun,
    table(
        METADATA,
        "imports",
        _text("state"),
        _text("source"),
        _text("checksum"),
        _number("rows"),
        _flag("atomic"),
        _text("actor"),
        _moment("begun_at", nullable=False),
        _moment("drop_at", nullable=False),
        _moment("expire_at", nullable=False),
        _moment("ended_at"),
        _number("accepted"),
        _number("duplicate"),
        _number("rejected"),
        _number("quarantined"),
        _number("waiting"),
        _flag("expired"),
    ),
    watches=importing.watches,
)
"""A note: what was done with a file. The complaints that came of it have their facts."""

IMPORT_ROWS = Table(
    "import_rows",
    METADATA,
    Column("run", Uuid, primary_key=True),
    Column("row", Integer, primary_key=True),
    _text("result"),
    Column("complaint", Uuid),
    Column("order_id", Uuid),
    _json("problems"),
    Column("sealed", LargeBinary),
    Column("state", Text),
    Column("settled_run", Uuid),
    Column("settled_row", Integer),
)
"""How each row ended. `order_id`: made from channel and number with a key, as a complaint's id is. `sealed`: the content
of a rejected row, or of one that waits. `state`: of a rejection; `settled_*`: the row that took its place."""
Index("import_rows_order", IMPORT_ROWS.c.order_id, postgresql_where=text("state = 'OPEN'"))

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
