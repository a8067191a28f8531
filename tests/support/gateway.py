"""A gateway for notices, as a process of its own: `python -m tests.support.gateway PORT [PEM]`. It counts effects by key.

`POST /notices` is what a gateway is for; `PUT /manner` says how it behaves from now on, `GET /seen` what it got, and
`PUT /release` lets go of those that it holds. With a PEM file (certificate and key) it speaks TLS.
"""

import asyncio
import ipaddress
import json
import signal
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ops.ports import LOOPBACK
from tests.support.nursery import Forked
from tests.support.requested import requested

MANNERS = ("ok", "slow", "drip", "error", "hold", "redirect", "close", "twice", "refuse", "stranger", "busy")


class Gateway:
    """Remembers every call; the effect of a key happens once, when it comes first, before anything is answered."""

    def __init__(self) -> None:
        self.manner = "ok"
        self.calls: list[dict[str, Any]] = []
        self.effects: Counter[str] = Counter()
        self.strayed = 0
        self.released = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests of one connection."""
        try:
            async for method, path, headers, body in requested(reader):
                if not await self._answer(writer, method, path, headers, body):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, method: str, path: str, headers: dict[str, str], body: str
    ) -> bool:
        match method, path:
            case "PUT", "/manner":
                self.manner = json.loads(body)
            case "PUT", "/release":
                self.released.set()
            case "GET", "/seen":
                seen = {"calls": self.calls, "effects": self.effects, "strayed": self.strayed}
                return await self._say(writer, "200 OK", json.dumps(seen))
            case "POST", "/notices":
                return await self._take(writer, headers, body)
            case _:
                self.strayed += 1
        return await self._say(writer, "204 No Content")

    async def _take(self, writer: asyncio.StreamWriter, headers: dict[str, str], body: str) -> bool:
        manner, key = self.manner, headers["idempotency-key"]
        self.calls.append({"headers": headers, "body": body})
        if manner in ("ok", "slow", "drip", "hold", "close", "twice") and not self.effects[key]:
            self.effects[key] = 1
        match manner:
            case "slow":
                await asyncio.sleep(0.3)
            case "hold":
                await self.released.wait()
            case "close":
                return False
            case "drip":
                writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 100000\r\n\r\n")
                while True:
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            case "twice":
                await self._say(writer, "202 Accepted")
        status = {
            "error": "500 Internal Server Error",
            "redirect": f"307 Temporary Redirect\r\nlocation: http://{LOOPBACK}:{sys.argv[1]}/elsewhere",
            "refuse": "422 Unprocessable Content",
            "stranger": "401 Unauthorized",
            "busy": "503 Service Unavailable\r\nretry-after: 120",
        }.get(manner, "202 Accepted")
        return await self._say(writer, status, json.loads(body)["to"])  # an answer may well quote the number

    async def _say(self, writer: asyncio.StreamWriter, status: str, body: str = "") -> bool:
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body.encode())}\r\n\r\n{body}".encode())
        await writer.drain()
        return True


class Outside:
    """The gateway as a test sees it."""

    def __init__(self, url: str, trusts: Path | None = None) -> None:
        self.url = f"{url}/notices"
        self._root, self._trusts = url, trusts

    async def behaves(self, manner: str) -> None:
        """From now on it does so."""
        assert manner in MANNERS
        await self._ask("PUT", "/manner", json.dumps(manner))

    async def release(self) -> None:
        """Answer those that are held, and do not hold others."""
        await self._ask("PUT", "/release")

    async def seen(self) -> dict[str, Any]:
        """All calls, the effects by key, and how many requests went astray."""
        found: dict[str, Any] = (await self._ask("GET", "/seen")).json()
        return found

    async def bodies(self) -> list[dict[str, Any]]:
        """What was handed over, in order."""
        return [json.loads(call["body"]) for call in (await self.seen())["calls"]]

    async def _ask(self, method: str, path: str, body: str = "") -> httpx.Response:
        verify = ssl.create_default_context(cafile=self._trusts)
        async with httpx.AsyncClient(trust_env=False, verify=verify) as client:
            return await client.request(method, self._root + path, content=body)


@asynccontextmanager
async def gateway(folder: Path, port: int, pem: Path | None = None) -> AsyncIterator[Outside]:
    """A gateway on this port; with a certificate it speaks TLS."""
    child = Forked(
        "gateway",
        [sys.executable, "-m", "tests.support.gateway", str(port), *([str(pem)] if pem else [])],
        log=folder / "gateway.log",
        env={"PYTHONPATH": str(Path.cwd()), "PYTHONUNBUFFERED": "1"},
    )
    child.start()
    try:
        outside = Outside(f"{'https' if pem else 'http'}://{LOOPBACK}:{port}", pem)
        async with asyncio.timeout(20):
            while True:
                try:
                    await outside.seen()
                    break
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
        yield outside
    finally:
        await child.stop((signal.SIGTERM, 5.0))


def certificate(file: Path, address: str = LOOPBACK) -> Path:
    """A certificate that nobody has signed but itself, of an address or a name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_named(address)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return file


def _named(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


async def _main() -> None:
    context = None
    if len(sys.argv) > 2:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[2])
    async with await asyncio.start_server(Gateway().serve, LOOPBACK, int(sys.argv[1]), ssl=context) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
