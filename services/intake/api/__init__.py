"""Intake's doors for people, and for programs of others."""

from services.intake.api import (
    attaching,
    conflicts,
    erasures,
    exporting,
    finishing,
    following,
    handling,
    importing,
    looking,
    noticing,
    people,
    proposing,
    rating,
    receiving,
    showing,
)
from services.intake.open311 import asking, reading

DOORS = [
    *receiving.DOORS,
    *importing.DOORS,
    *attaching.DOORS,
    *looking.DOORS,
    *exporting.DOORS,
    *showing.DOORS,
    *following.DOORS,
    *handling.DOORS,
    *finishing.DOORS,
    *rating.DOORS,
    *proposing.DOORS,
    *conflicts.DOORS,
    *people.DOORS,
    *erasures.DOORS,
    *noticing.DOORS,
    *reading.DOORS,
    *asking.DOORS,
]
