"""Work orders of a made-up town: seeded, all text our own, every order of another person."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from ops.demo.traffic import HABITS, Habit
from ops.embedded.stack import ROOT
from shared.plumbing.settings import read_yaml
from shared.rules.township import SHANGHAI, Town

BYTES = 471
"""How long a work order is, about: as those the targets were measured with."""
DAYS = 25
"""Over so many days the orders are spread: hotspots will be found among them."""
_MORE = "请尽快派人到现场查看并处理，处理以后给我回电话，十分感谢各位。"


def town() -> Town:
    """The town of the configuration."""
    return Town.model_validate(read_yaml(ROOT / "config" / "township.yaml")["town"])


def orders(here: Town, count: int, *, until: datetime, first: int = 0) -> Iterator[dict[str, Any]]:
    """So many orders received before `until`, numbered from `first` on; the same for the same numbers."""
    places: dict[str, list[str]] = {}
    for place in here.places:
        places.setdefault(place.community, []).append(place.name)
    for n in range(first, first + count):
        random = Random(n)
        habit: Habit = random.choices(HABITS, [habit.weight for habit in HABITS])[0]
        community = random.choice(here.communities)
        known = places.get(community.code, [])
        yield {
            "channel": "HOTLINE_12345",
            "number": f"12345-{n:08d}",
            "type": habit.type,
            "received_at": (until - timedelta(seconds=random.randrange(1, DAYS * 86_400))).isoformat(),
            "title": habit.title,
            "content": f"{habit.says}{_MORE}",
            "community": community.name,
            "category": habit.category,
            "place": random.choice(known) if known and random.random() < 0.67 else None,
            "urgency": habit.urgency,
            "complainant": {"name": f"居民{n:08d}", "phone": f"199{n:08d}"},
        }


def bodies(count: int, *, until: datetime, first: int = 0) -> list[bytes]:
    """The same as they come over the wire."""
    found = orders(town(), count, until=until.astimezone(SHANGHAI), first=first)
    return [json.dumps(order, ensure_ascii=False).encode() for order in found]
