"""A project as far as a test needs it, through the real doors."""

import csv
import io
from typing import Any
from uuid import uuid4

from ops.embedded.keys import Bearer
from tests.integration.projects.test_doors import BUILDER, ROAD, SUPERVISOR, VILLAGE, approval, batch, pooled
from tests.support.running import Running
from tests.support.servers import moment

DONE = [{"work": "护栏", "amount": 800, "quantity": "METRES"}]
INSPECTION = {
    "held_at": "2024-03-01T02:00:00+00:00",
    "group": {"residents": 3, "unit": BUILDER.department, "supervisor": True},
    "builder_present": False,
    "asked": 10,
    "satisfied": 9,
}
"""An acceptance inspection on 2024-03-01, 10:00."""


async def proposed(here: Running, title: str, **other: Any) -> str:
    """A project that is proposed and not pooled."""
    asked = {
        "community": VILLAGE,
        "category": "PARKING",
        "place": ROAD,
        "public_title": title,
        "project_category": "TRAVEL",
        "tags": ["SAFETY"],
        "sources": [f"inspection/{uuid4()}"],
    }
    id: str = (await here.post("/projects", SUPERVISOR, asked | other))["id"]
    return id


async def in_pool(here: Running, title: str, **other: Any) -> str:
    """A project in the pool."""
    id = await proposed(here, title, **other)
    await here.post(f"/projects/{id}/pool", SUPERVISOR, {"finding": "具备条件"})
    return id


async def started(here: Running, id: str | None = None, **other: Any) -> str:
    """A project of 100 yuan that starts on 2024-02-05, to be finished by 2024-03-29."""
    id, money = id or await pooled(here), await batch(here, 1000)
    await here.post(f"/projects/{id}/approve", SUPERVISOR, approval(money, 100) | other)
    await here.at(moment("2024-02-05T02:00:00"))
    await here.post(f"/projects/{id}/start", BUILDER, {"started_on": "2024-02-05"})
    return id


async def accepted(here: Running, id: str, asked: int = 10, satisfied: int = 9) -> None:
    """Completed on 2024-03-01 and accepted the same morning; the maintainer is named."""
    path = f"/projects/{id}"
    await here.at(moment("2024-03-01T02:00:00"))
    await here.post(f"{path}/complete", BUILDER, {"completed_on": "2024-03-01", "spent_yuan": 90, "done": DONE})
    await here.post(f"{path}/acceptance", SUPERVISOR, INSPECTION | {"asked": asked, "satisfied": satisfied})
    maintained = {
        "owner": VILLAGE,
        "maintainer": VILLAGE,
        "duties": "日常巡查与维修",
        "manner": "村集体自管",
        "funding": "村集体经费",
    }
    await here.post(f"{path}/maintainer", SUPERVISOR, maintained)


async def ids(here: Running, path: str, who: Bearer = SUPERVISOR) -> list[str]:
    """What a list shows on its first page."""
    return [one["id"] for one in (await here.get(path, who))["items"]]


async def lines(here: Running, path: str, who: Bearer = SUPERVISOR) -> list[list[str]]:
    """The lines of a file, its headings first."""
    answer = await here.call("GET", path, who)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
