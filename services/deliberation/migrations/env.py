"""Alembic's entry to the database of deliberation."""

from services.deliberation.store import METADATA
from shared.plumbing.migrate import run_env

run_env(METADATA)
