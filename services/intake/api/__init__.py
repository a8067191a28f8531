"""Intake's doors for people."""

from services.intake.api import finishing, handling, proposing, rating, receiving, showing

DOORS = [*receiving.DOORS, *showing.DOORS, *handling.DOORS, *finishing.DOORS, *rating.DOORS, *proposing.DOORS]
