"""Both languages say the same: nothing that stands on a page lacks its English, and nothing is translated in vain."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.dashboard import wording
from services.dashboard.pages import words
from services.dashboard.pages.frame import NAVIGATION, TEMPLATES
from shared.plumbing.errors import _WORDS

PAGES = TEMPLATES.parent
CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"%\((\w+)\)[sd]")


def said_by_code() -> set[str]:
    """What templates and code say in so many words."""
    methods = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
    options = {"**.html": {"trimmed": "true", "silent": "false"}}
    found = extract_from_dir(
        PAGES, methods, options, keywords={"_": None, "gettext": None, "ngettext": (1, 2), "say": None, "count": (1, 2)}
    )
    return {one for _, _, message, _, _ in found for one in ((message,) if isinstance(message, str) else message)}


def said_by_tables() -> Iterator[str]:
    """What they say by name: the addresses, roles, kinds, refusals."""
    yield from NAVIGATION.values()
    yield from wording.ROLES.values()
    yield from wording.KINDS.values()
    yield from (words for _, words in _WORDS.values())


@pytest.mark.parametrize("text", sorted({*said_by_code(), *said_by_tables()}))
def test_everything_on_a_page_has_its_english(text: str) -> None:
    english = words.LANGUAGES["en"].known.get(text)
    assert english, "no translation"
    assert not CHINESE.search(english)
    assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(text)), "the same is put into both"


def test_nothing_is_translated_twice() -> None:
    file = Path(words.__file__).parent / "en.po"
    ids = re.findall(r'^msgid "(.+)"$', file.read_text(), re.MULTILINE)
    assert len(ids) == len(set(ids))
    with file.open("rb") as opened:
        assert len(read_po(opened, locale="en")) == len(ids)
