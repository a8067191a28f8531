"""What the dashboard keeps: every fact, numbered in the order of its commits, and which stream leads to which."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSON

METADATA = MetaData()
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
    Index("facts_of_stream", "stream", "version", unique=True),
    Index("facts_of_type", "type", "number"),
)
LINKS = Table(
    "links",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("consequence", Text, primary_key=True),
    Index("links_back", "consequence"),
)
