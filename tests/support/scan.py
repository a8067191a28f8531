"""Looking for planted canaries in everything that lies outside the vault: topics, logs, metrics, tables, files."""

import base64
import json
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer

from ops.client import OPERATOR, Client
from ops.embedded.stack import Stack
from shared.plumbing.topics import SERVICES, WORK_ORDERS

SECRETS = ("keys", "postgres", "kafka")
"""Folders of a town's data that are not looked into: keys, and the servers' own files: tables are read as text, topics
as records."""


def spellings(canaries: Iterable[str]) -> list[bytes]:
    """Each canary as it is, and as it may be disguised; a number in groups, too."""
    found: set[bytes] = set()
    for canary in canaries:
        written = {canary}
        if canary.isdigit() and len(canary) == 11:
            written |= {f"{canary[:3]}{sep}{canary[3:7]}{sep}{canary[7:]}" for sep in "- ."}
        for one in written:
            found |= {
                one.encode(),
                one.encode("utf-16-le"),
                one.encode("gb18030"),
                json.dumps(one)[1:-1].encode(),
                urllib.parse.quote(one).encode(),
                base64.b64encode(one.encode()),
                one.encode().hex().encode(),
            }
    return sorted(found)


def hits(places: dict[str, bytes], canaries: Iterable[str]) -> list[str]:
    """Where a canary stands, in whatever spelling."""
    wanted = spellings(canaries)
    return sorted({place for place, text in places.items() for one in wanted if one in text})


async def everything_outside_the_vault(stack: Stack, client: Client) -> dict[str, bytes]:
    """Every topic (the border's too, for comparison), log, metric and file, and every row of every table as text.

    The vault's own tables are among them: sealed, they must not have a canary in clear either.
    """
    found = await _topics(stack)
    for service in stack.services:
        answer = await client._http.get(
            f"{client.address.services[service]}/metrics", headers={"Authorization": f"Bearer {client.token(OPERATOR)}"}
        )
        assert answer.status_code == 200
        found[f"metrics {service}"] = answer.content
        found |= await _tables(stack, service)
    for file in stack.data.rglob("*"):
        place = file.relative_to(stack.data)
        if file.is_file() and not any(part.startswith(SECRETS) for part in place.parts):
            if place.parts[0] != "mailbox":
                found[f"file {place}"] = _read(file)
            elif not file.name.startswith("."):  # complete
                found[f"file {place}"] = _delivered(file)
    return found


def _delivered(file: Path) -> bytes:
    """A notice without the number that it went to: the folder stands for the telephone of whoever is told."""
    notice = json.loads(file.read_text())
    assert notice.pop("to")
    return json.dumps(notice, ensure_ascii=False).encode()


def _read(file: Path) -> bytes:
    try:
        return file.name.encode() + b"\n" + file.read_bytes()
    except OSError:  # a socket, or gone meanwhile
        return file.name.encode()


async def _topics(stack: Stack) -> dict[str, bytes]:
    found: dict[str, list[bytes]] = {}
    topics = [*(f"{name}.events" for name in SERVICES), WORK_ORDERS]
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=stack.broker.address, auto_offset_reset="earliest")
    await consumer.start()
    quiet = 0
    while quiet < 3:
        batches = (await consumer.getmany(timeout_ms=500)).values()
        quiet = 0 if batches else quiet + 1
        for record in (record for batch in batches for record in batch):
            text = b"\n".join([record.key or b"", record.value or b"", *(value for _, value in record.headers)])
            found.setdefault(record.topic, []).append(text)
    await consumer.stop()
    return {topic: b"\n".join(texts) for topic, texts in found.items()}


async def _tables(stack: Stack, service: str) -> dict[str, bytes]:
    """A row as text shows bytes as hex: `spellings` has that one, too."""
    found = {}
    con = await asyncpg.connect(stack.postgres.url(service))
    try:
        names = "select table_name from information_schema.tables where table_schema = 'public'"
        for row in await con.fetch(names):
            lines = await con.fetch(f'select t::text as line from "{row["table_name"]}" t')
            found[f"{service}.{row['table_name']}"] = "\n".join(line["line"] for line in lines).encode()
    finally:
        await con.close()
    return found
