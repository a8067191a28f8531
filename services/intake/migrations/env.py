"""Alembic's entry to intake's database."""

from services.intake.store import METADATA
from shared.plumbing.migrate import run_env

run_env(METADATA)
