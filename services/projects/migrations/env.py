"""Alembic's entry to the projects's database."""

from services.projects.store import METADATA
from shared.plumbing.migrate import run_env

run_env(METADATA)
