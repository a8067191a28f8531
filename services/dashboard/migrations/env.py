"""Alembic's entry to the dashboard's database."""

from services.dashboard.store import METADATA
from shared.plumbing.migrate import run_env

run_env(METADATA)
