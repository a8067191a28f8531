"""Whatever is asked that the OpenAPI document allows or forbids is answered as it says: `make fuzz`."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.client import Address
from ops.embedded.keys import Bearer, Keys
from ops.embedded.stack import Stack

HERE = Path(__file__).parent
EXAMPLES = os.environ.get("FIVEPLUSN_FUZZ_EXAMPLES", "20")
SEED = os.environ.get("FIVEPLUSN_FUZZ_SEED", "20240201")
ROLES = ("dispatcher", "supervisor", "operator", "feeder", "auditor", "officer", "secretary")


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("service", ["intake"])
async def test_schemathesis_finds_nothing(town: Stack, service: str) -> None:
    """All checks. One caller has every role: a door that is closed is never tried."""
    bearer = Bearer("dispatcher", ("dahuichang",), "town-community-office")
    token = Keys(town.data).token(bearer, now=datetime.now(UTC), lifetime=timedelta(hours=2), roles=ROLES)
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", str(HERE / "schemathesis.toml"), "--no-color", "run"),
        f"{Address.read(town.data).services[service]}/schema/openapi.json",
        *("--checks", "all", "--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure"),
        *("--header", f"Authorization: Bearer {token}"),
        *("--exclude-path", "/clock"),  # a moved clock is another town for all that follow
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode(errors="replace")[-20_000:]
