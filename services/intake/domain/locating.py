"""定位与归类: from the sender's words to the town's codes. What is not known is left open, never guessed."""

import unicodedata
from dataclasses import dataclass

from shared.events.intake import CONFIDENTIAL, UNCATEGORISED
from shared.rules.township import Category, Community, Place, Town


@dataclass(frozen=True, slots=True)
class Located:
    """Where: codes of the town, or None."""

    community: str | None
    place: str | None


def locate(town: Town, community: str | None, place: str | None) -> Located:
    """The community and the named place meant by these words: code, name or alias, whatever their width.

    A place tells its community. Where both are named and do not belong together, the community stands; a name that
    several places share is no place.
    """
    named = _community(town, community)
    places = [entry for entry in town.places if _means(place, entry)]
    if named:
        places = [entry for entry in places if entry.community == named.code]
        return Located(named.code, places[0].code if len(places) == 1 else None)
    if community is None and len(places) == 1:
        return Located(places[0].community, places[0].code)
    return Located(None, None)


def classify(town: Town, category: str | None) -> str:
    """The category meant by this word, or UNCATEGORISED. CONFIDENTIAL is nobody's word: it stands for a hidden one."""
    meant = next((entry.code for entry in town.categories if _means(category, entry)), UNCATEGORISED)
    return UNCATEGORISED if meant == CONFIDENTIAL else meant


def _community(town: Town, word: str | None) -> Community | None:
    return next((entry for entry in town.communities if _means(word, entry)), None)


def _means(word: str | None, entry: Community | Place | Category) -> bool:
    if word is None:
        return False
    aliases = entry.aliases if isinstance(entry, Place) else ()
    return _plain(word) in {_plain(name) for name in (entry.code, entry.name, *aliases)}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
