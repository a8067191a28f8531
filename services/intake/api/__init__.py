"""Intake's doors for people."""

from services.intake.api import conflicts, finishing, handling, receiving, showing

DOORS = [*receiving.DOORS, *showing.DOORS, *handling.DOORS, *finishing.DOORS, *conflicts.DOORS]
