"""A child process that reads what nobody trusts: whatever happens there, we go on."""

import asyncio
import os
import resource
import sys
import tempfile
import time
from functools import partial

import pytest

from shared.plumbing.confined import Crashed, Limits, Refused, TooHeavy, confined

HERE = "tests.unit.plumbing.test_confined"


def echo(data: bytes, more: str) -> bytes:
    return data + more.encode()


def no(_: bytes) -> bytes:
    raise Refused("not_today")


def greedy(_: bytes) -> bytes:
    return bytes(2**29)[:1]


def busy(_: bytes) -> bytes:
    while True:
        pass


def asleep(_: bytes) -> bytes:
    time.sleep(60)
    return b""


def talkative(_: bytes) -> bytes:
    return bytes(50_000_000)


def loud(data: bytes) -> bytes:
    sys.stderr.write("x" * 5_000_000)
    return data


def loud_for_ever(_: bytes) -> bytes:
    while True:
        sys.stderr.write("x" * 100_000)


def crash(_: bytes) -> bytes:
    raise ValueError("who knows")


def killed(_: bytes) -> bytes:
    os.abort()


def writing(_: bytes) -> bytes:
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
        file.flush()
    return b""


def surroundings(_: bytes) -> bytes:
    return repr((sorted(os.environ), resource.getrlimit(resource.RLIMIT_CORE))).encode()


async def test_a_function_runs_elsewhere_on_as_many_bytes_as_you_like() -> None:
    given = os.urandom(5_000_000)
    assert await confined(f"{HERE}:echo", given, "再见") == given + "再见".encode()


async def test_its_refusal_is_ours() -> None:
    with pytest.raises(Refused) as said:
        await confined(f"{HERE}:no", b"x" * 5_000_000)
    assert said.value.code == "not_today"


@pytest.mark.parametrize(
    ("function", "limits"),
    [
        ("greedy", Limits(memory=2**28)),
        ("busy", Limits(seconds=1)),
        ("asleep", Limits(seconds=2)),
        ("talkative", Limits(result=1_000_000)),
        ("killed", Limits()),
    ],
)
async def test_what_takes_too_much_is_ended(function: str, limits: Limits) -> None:
    with pytest.raises(TooHeavy):
        async with asyncio.timeout(60):
            await confined(f"{HERE}:{function}", bytes(5_000_000), limits=limits)


@pytest.mark.parametrize("function", ["talkative", "loud_for_ever"])
async def test_a_child_whose_words_nobody_has_read_yet_is_ended_too(
    monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    """Seen red: a pipe that is full, and not read to its end, kept us waiting for a child that was gone."""
    full = partial(asyncio.create_subprocess_exec, limit=1)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", full)
    with pytest.raises(TooHeavy):
        async with asyncio.timeout(60):
            await confined(f"{HERE}:{function}", bytes(5_000_000), limits=Limits(result=1, seconds=2))


@pytest.mark.parametrize("function", ["crash", "writing", "not_there"])
async def test_what_nobody_foresaw_is_told_apart(function: str) -> None:
    with pytest.raises(Crashed):
        await confined(f"{HERE}:{function}", b"")


async def test_noise_on_the_side_is_no_answer_and_no_obstacle() -> None:
    assert await confined(f"{HERE}:loud", b"quiet") == b"quiet"


async def test_the_child_knows_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEPLUSN_DATABASE_URL", "postgresql://somebody@somewhere/intake")
    found = (await confined(f"{HERE}:surroundings", b"")).decode()
    assert "FIVEPLUSN" not in found and "AWS" not in found and found.endswith("(0, 0))")
