"""Intake's doors for people."""

from services.intake.api import attaching, finishing, handling, receiving, showing

DOORS = [*receiving.DOORS, *showing.DOORS, *handling.DOORS, *finishing.DOORS, *attaching.DOORS]
