"""Intake's doors for people."""

from services.intake.api import erasures, finishing, handling, people, receiving, showing

DOORS = [*receiving.DOORS, *showing.DOORS, *handling.DOORS, *finishing.DOORS, *people.DOORS, *erasures.DOORS]
