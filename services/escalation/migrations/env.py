"""Alembic's entry to escalation's database."""

from services.escalation.store import METADATA
from shared.plumbing.migrate import run_env

run_env(METADATA)
