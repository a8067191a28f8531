"""附件: evidence of a project is put in first, and named by checksums that are there."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.projects.main import PLAN
from tests.integration.projects.story import DONE, INSPECTION, started
from tests.integration.projects.test_doors import BEGIN, BUILDER, SUPERVISOR, VILLAGE
from tests.support.running import Running, running
from tests.support.servers import Server, moment

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
NOBODYS = sha256(b"nobody has put this in").hexdigest()
OTHERS = Bearer("officer", (), "district-fire")


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    """Projects on 2024-02-01, 09:00."""
    async with running(postgres, tmp_path, PLAN, BEGIN) as service:
        yield service


async def test_progress_names_only_files_that_are_there(here: Running) -> None:
    id = await started(here)
    path, files = f"/projects/{id}/progress", f"/projects/{id}/attachments"
    report = {"percent": 10, "spent_yuan": 10, "evidence": [NOBODYS]}
    assert await here.refused(path, BUILDER, report) == ["attachment_unknown"]
    assert await here.refused(path, BUILDER, report | {"spent_yuan": 1000}) == ["attachment_unknown", "over_budget"]
    photo = await here.attached(files, "red", BUILDER)
    await here.post(path, BUILDER, report | {"evidence": [photo["sha256"]]})
    assert (await here.facts(id))[-1][1]["evidence"] == [photo["sha256"]]
    assert await here.refused(path, BUILDER, report | {"evidence": [photo["sha256"]] * 2}) == ["attachment_unknown"]
    other = await started(here)
    assert await here.refused(f"/projects/{other}/progress", BUILDER, report | {"evidence": [photo["sha256"]]}) == [
        "attachment_unknown"
    ], "another project's file is none of this one"
    await here.post(f"{files}/{photo['id']}/withdraw", BUILDER, {"reason": "传错了"})
    again = report | {"percent": 20, "evidence": [photo["sha256"]]}
    assert await here.refused(path, BUILDER, again) == ["attachment_unknown"]


async def test_completion_acceptance_and_rectification_name_only_files_that_are_there(here: Running) -> None:
    id = await started(here)
    path, files = f"/projects/{id}", f"/projects/{id}/attachments"
    await here.at(moment("2024-03-01T02:00:00"))
    completed = {"completed_on": "2024-03-01", "spent_yuan": 90, "done": DONE, "evidence": [NOBODYS]}
    assert await here.refused(f"{path}/complete", BUILDER, completed) == ["attachment_unknown"]
    photo = await here.attached(files, "green", BUILDER)
    await here.post(f"{path}/complete", BUILDER, completed | {"evidence": [photo["sha256"]]})
    inspection = INSPECTION | {"evidence": [NOBODYS]}
    assert await here.refused(f"{path}/acceptance", SUPERVISOR, inspection) == ["attachment_unknown"]
    rectify = inspection | {"reason": "护栏松动"}
    assert await here.refused(f"{path}/rectification", SUPERVISOR, rectify) == ["attachment_unknown"]
    await here.post(f"{path}/acceptance", SUPERVISOR, inspection | {"evidence": [photo["sha256"]]})
    assert (await here.get(path, SUPERVISOR))["state"] == "ACCEPTED"


async def test_a_project_s_files_are_nothing_to_others_and_never_public(here: Running) -> None:
    id = await started(here)
    files = f"/projects/{id}/attachments"
    photo = await here.attached(files, "blue", BUILDER)
    for who in (OTHERS, Bearer("secretary", ("dahuichang",))):
        assert (await here.call("GET", files, who)).status_code == 404
    assert (await here.call("GET", files, None)).status_code == 401
    one = f"{files}/{photo['id']}"
    assert (await here.call("GET", one, BUILDER)).status_code in (400, 422), "a reason is asked for"
    looked = await here.call("GET", f"{one}?reason=核对工程量", Bearer("secretary", (VILLAGE,)))
    assert (looked.status_code, sha256(looked.content).hexdigest()) == (200, photo["sha256"])
    assert photo["sha256"] not in (await here.client.get(f"/public/projects/{id}")).text
    await here.post(f"{one}/withdraw", BUILDER, {"reason": "传错了"})
    assert (await here.call("GET", f"{one}?reason=核对工程量", BUILDER)).status_code == 404
    assert (await here.call("GET", f"{one}?reason=核对工程量", SUPERVISOR)).status_code == 200
