"""定位与归类: from the sender's words to the town's codes. What is not known is left open, never guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.intake.domain.asked import Order
from shared.events.intake import CONFIDENTIAL, UNCATEGORISED
from shared.rules.township import Category, Community, Place, Town, plain

E = TypeVar("E", Community, Place, Category)


@dataclass(frozen=True, slots=True)
class Located:
    """Where: codes of the town, or None."""

    community: str | None
    place: str | None


def whereabouts(order: Order, town: Town) -> tuple[Located, str]:
    """Place and category of an order in the town's codes: of the words it has for each, the first that the town knows."""
    where = locate(town, order.community, None)
    for word in order.place_words:
        found = locate(town, order.community, word)
        if found.place is not None:
            where = found
            break
    for word in order.category_words:
        category = classify(town, word)
        if category != UNCATEGORISED:
            return where, category
    return where, UNCATEGORISED


def locate(town: Town, community: str | None, place: str | None) -> Located:
    """The community and the named place meant by these words: code, name or alias, whatever their width.

    A place tells its community. Where both are named and do not belong together, the community stands; a name that
    several places share is no place.
    """
    named = _meant(community, town.communities_called)
    places = _meant(place, town.places_called)
    if named:
        places = [entry for entry in places if entry.community == named[0].code]
        return Located(named[0].code, places[0].code if len(places) == 1 else None)
    if community is None and len(places) == 1:
        return Located(places[0].community, places[0].code)
    return Located(None, None)


def classify(town: Town, category: str | None) -> str:
    """The category meant by this word, or UNCATEGORISED. CONFIDENTIAL is nobody's word: it stands for a hidden one."""
    meant = next((entry.code for entry in _meant(category, town.categories_called)), UNCATEGORISED)
    return UNCATEGORISED if meant == CONFIDENTIAL else meant


def _meant(word: str | None, called: Mapping[str, Sequence[E]]) -> Sequence[E]:
    """The entries that are called so."""
    return () if word is None else called.get(plain(word), ())
