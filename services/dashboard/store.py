"""What the dashboard keeps: every fact, numbered in the order of its commits, whose business each is, how each
stream stands, and which leads to which."""

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
    Table,
    Text,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB

METADATA = MetaData()


def _concern() -> tuple[Column[Any], ...]:
    """Whose business a stream or a fact is (`shared.plumbing.caller.Scope`)."""
    none = text("'{}'")
    return (
        Column("community", Text),
        Column("communities", ARRAY(Text), nullable=False, server_default=none),
        Column("departments", ARRAY(Text), nullable=False, server_default=none),
        Column("confidential", Boolean, nullable=False, server_default=false()),
    )


NUMBERING = Table(
    "numbering", METADATA, Column("one", Integer, primary_key=True), Column("last", BigInteger, nullable=False)
)
FACTS = Table(
    "facts",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("service", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("stream", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("actor", Text, nullable=False),
    Column("terms", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("cause", Text, nullable=False),
    Column("correlation", Text, nullable=False),
    *_concern(),
    Index("facts_of_stream", "stream", "version", unique=True),
    Index("facts_of_type", "type", "number"),
    Index("facts_of_community", "community", "number"),
)
STREAMS = Table(
    "streams",
    METADATA,
    Column("stream", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("version", Integer, nullable=False),
    *_concern(),
    Column("stood", Integer, nullable=False, server_default="0"),
    Column("began_at", DateTime(timezone=True)),
    Column("last_at", DateTime(timezone=True)),
    Column("last_type", Text),
    Column("due_at", DateTime(timezone=True)),
    Column("due_since", Text),
    Column("ended_at", DateTime(timezone=True)),
    Column("title", Text),
    Column("category", Text),
    Column("place", Text),
    Column("unit", Text),
    Column("number", Text),
    Column("days", JSONB),
    Index("streams_behind", "stream", postgresql_where=text("stood <> version")),
    Index("streams_begun", "kind", "began_at"),
    Index("streams_due", "due_at", "kind", postgresql_where=text("due_at is not null")),
    Index("streams_open", "kind", "community", postgresql_where=text("ended_at is null")),
    Index("streams_ended", "ended_at", "kind", postgresql_where=text("ended_at is not null")),
)
"""`stood`: up to which version the columns after it say how the stream stands (`standing.py`): an older version of this
service does not know them, and leaves them behind `version`."""
LINKS = Table(
    "links",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("consequence", Text, primary_key=True),
    Index("links_back", "consequence"),
)
LOGINS = Table(
    "logins",
    METADATA,
    Column("code", LargeBinary, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
"""Links that sign a browser in: the hash of the code, and the token under a key that is made of the code."""
