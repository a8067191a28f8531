"""Intake's doors for people."""

from services.intake.api import exporting, finishing, handling, importing, receiving, showing

DOORS = [*receiving.DOORS, *exporting.DOORS, *importing.DOORS, *showing.DOORS, *handling.DOORS, *finishing.DOORS]
