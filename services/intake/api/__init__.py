"""Intake's doors for people."""

from services.intake.api import finishing, following, handling, looking, receiving, showing

DOORS = [*receiving.DOORS, *looking.DOORS, *showing.DOORS, *following.DOORS, *handling.DOORS, *finishing.DOORS]
