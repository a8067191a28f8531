"""Intake's doors for people."""

from services.intake.api import finishing, handling, importing, receiving, showing

DOORS = [*receiving.DOORS, *importing.DOORS, *showing.DOORS, *handling.DOORS, *finishing.DOORS]
