"""语言: what is read on the pages, Chinese as written in code and templates, and in English by `en.po`.

The catalogue is read as translators keep it (gettext PO); a test says that nothing that is shown lacks its translation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import read_po


@dataclass(frozen=True, slots=True)
class Words:
    """One language. What it does not know is said in Chinese."""

    language: str
    known: Mapping[str, str]

    def say(self, text: str, /, **given: object) -> str:
        """The text, with what is given put into it: `%(name)s`."""
        found = self.known.get(text) or text
        return found % given if given else found

    def count(self, one: str, many: str, n: int, /, **given: object) -> str:
        """The same for one and for many; in Chinese they are the same."""
        return self.say(one if n == 1 else many, **{"num": n, **given})


def _read(language: str) -> Words:
    with (Path(__file__).parent / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return Words(language, {str(one.id): str(one.string) for one in catalogue if one.id and one.string})


LANGUAGES: Mapping[str, Words] = MappingProxyType({"zh": Words("zh", {}), "en": _read("en")})
"""Those that the pages are shown in, Chinese first."""
