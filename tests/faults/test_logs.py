"""What belongs together is found together: a correlation goes from the request to the log, the answer and the next service."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.plumbing import logs
from tests.support.logged import logged
from tests.support.pair import Pair, pair_on, until
from tests.support.sample import POISON, box_id
from tests.support.servers import Server


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair_on(postgres, tmp_path) as opened:
        yield opened


async def test_a_refused_request_is_found_by_the_correlation_of_its_answer(pair: Pair) -> None:
    pair.start("sample")
    await pair.ready("sample")
    url = f"{pair.urls['sample']}/boxes/{box_id(1)}"
    async with pair.client() as client:
        named = await client.post(f"{url}/fill?who=zhang", json={"amount": 1}, headers={"X-Correlation-Id": "case/7"})
        nameless = await client.post(f"{url}/fill", json={"amount": 1})
        unclean = await client.post(f"{url}/fill", json={"amount": 1}, headers={"X-Correlation-Id": "{张三}".encode()})
        assert (await client.get(f"{pair.urls['sample']}/flow")).status_code == 200
    assert named.headers["x-correlation-id"] == named.json()["correlation"] == "case/7"
    for answer in (nameless, unclean):
        assert len(answer.headers["x-correlation-id"]) == 32
        assert answer.headers["x-correlation-id"] == answer.json()["correlation"]
    found: dict[str, dict[str, Any]] = {}

    async def written() -> bool:  # a line may be written after its answer was sent
        found.update({line["correlation_id"]: line for line in logged(pair.children["sample"], "request")})
        return found.keys() >= {answer.headers["x-correlation-id"] for answer in (named, nameless, unclean)}

    await until(written, "the three requests are in the log")
    for answer, status, problem in ((named, 422, "invalid"), (nameless, 404, "not_found"), (unclean, 404, "not_found")):
        line = found[answer.headers["x-correlation-id"]]
        assert (line["operation"], line["status"], line["problem"]) == ("fill_box", status, problem)
        assert (line["level"], line["role"]) == ("info", "operator")
        assert "zhang" not in json.dumps(line)
    assert "flow" not in {line["operation"] for line in found.values()}, "what was only read is not in the log"


async def test_a_record_that_is_set_aside_is_found_by_the_correlation_of_its_request(pair: Pair) -> None:
    pair.start("sample")
    pair.start("listener")
    await pair.ready("sample")
    await pair.ready("listener")
    url = f"{pair.urls['sample']}/boxes/{box_id(1)}"
    async with pair.client() as client:
        await client.post(url)
        await client.post(f"{url}/fill", json={"amount": POISON}, headers={"X-Correlation-Id": "case-8"})

    async def set_aside() -> bool:
        return logged(pair.children["listener"], "set_aside") != []

    await until(set_aside, "the poison is set aside")
    [line] = logged(pair.children["listener"], "set_aside")
    assert (line["correlation_id"], line["code"], line["first"]) == ("case-8", "failed", f"box/{box_id(1)}/2")


def test_every_line_of_one_work_has_one_correlation(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers, root.level
    try:
        logs.configure("sample", "INFO")
        with logs.about():
            logging.getLogger("a").info("one")
            logging.getLogger("b").warning("two")
        logging.getLogger("a").info("three")
    finally:
        root.handlers, root.level = before
    one, two, three = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert one["correlation_id"] == two["correlation_id"]
    assert "correlation_id" not in three
