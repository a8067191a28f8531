"""Alembic's entry to the deliberation's database."""

from services.deliberation.store import METADATA
from shared.plumbing.migrate import run_env

run_env(METADATA)
