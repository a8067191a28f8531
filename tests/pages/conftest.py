"""The town after both stories, its dashboard, and a real browser (Debian's Chromium, by Playwright)."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from ops.client import Address, Client
from ops.commands.login import link
from ops.embedded.keys import Bearer
from ops.embedded.stack import ROOT, Stack

LEADER = Bearer("supervisor")
expect.set_options(timeout=60_000)
"""Something comes at last, or never: other programs use this machine, too."""


@dataclass(frozen=True)
class Demo:
    """What `make demo` left: its data folder, and what it says of the stories."""

    data: Path
    found: dict[str, Any]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo as `make demo` runs it."""
    data, result = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("result") / "demo.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops", "demo", "--data", str(data), "--json", str(result)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()[-3000:]
    return Demo(data, json.loads(result.read_text()))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(demo: Demo) -> AsyncIterator[Stack]:
    """`make up` on the same data."""
    stack = Stack(demo.data)
    await stack.up()
    yield stack
    await stack.down()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(town: Stack) -> AsyncIterator[Client]:
    async with Client(Address.read(town.data)) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is not installed: make test-tools"
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        await opened.close()


@dataclass
class Reader:
    """Somebody in front of a browser. `said`: what the browser complained about; `outside`: what it asked of others."""

    page: Page
    home: str
    said: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Hear every complaint, refusals of the content security policy among them."""
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on(
            "request", lambda asked: None if asked.url.startswith(self.home) else self.outside.append(asked.url)
        )

    async def open(self, path: str) -> None:
        """Go there; it must be there."""
        answer = await self.page.goto(self.home + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"


async def signed_in(context: BrowserContext, town: Stack, who: Bearer) -> Reader:
    """By the link, as people do."""
    page = await context.new_page()
    reader = Reader(page, town.urls["dashboard"])
    reader.listen()
    await page.goto(await link(Address.read(town.data), town.keys, who))
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_url(reader.home + "/")
    return reader


@pytest_asyncio.fixture(loop_scope="session")
async def leader(browser: Browser, town: Stack) -> AsyncIterator[Reader]:
    """A town leader, signed in."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    yield await signed_in(context, town, LEADER)
    await context.close()
