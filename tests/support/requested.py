"""What comes in over a plain connection, for receivers that a test makes to misbehave."""

import asyncio
from collections.abc import AsyncIterator


async def requested(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str, str, dict[str, str], str]]:
    """Method, path, headers (names in small letters) and body of every request of one connection."""
    while line := await reader.readline():
        method, path, _ = line.decode().split(" ")
        headers: dict[str, str] = {}
        while (header := (await reader.readline()).decode().strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        yield method, path, headers, body
