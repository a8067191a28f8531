"""A department's own system, as a process of its own: `python -m tests.support.receiver PORT SECRETS [API TOKEN]`.

It checks signatures with the library of Standard Webhooks, which knows nothing of our code, and remembers ids. `SECRETS`:
a file, read at every message. With API and TOKEN (a file) it answers a call by acknowledging the duty through our doors.
`POST /hook` is what a receiver is for; `PUT /manner` says how it behaves from now on, `GET /seen` what it got.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

from ops.ports import LOOPBACK
from tests.support.nursery import Forked
from tests.support.requested import requested

STATUS = {
    "ok": "204 No Content",
    "error": "500 Internal Server Error",
    "busy": "503 Service Unavailable\r\nretry-after: 120",
    "gone": "410 Gone",
    "refuse": "422 Unprocessable Content",
    "redirect": "307 Temporary Redirect\r\nlocation: /elsewhere",
}


class Receiver:
    """Remembers every message; `taken` holds those whose signature is good and that were taken, in order."""

    def __init__(self, secrets: Path, api: str | None, token: Path | None) -> None:
        self._secrets, self._api, self._token = secrets, api, token
        self.manner: dict[str, str] = {"": "ok"}
        self.calls: list[dict[str, Any]] = []
        self.strayed = 0
        self.released = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests of one connection."""
        try:
            async for method, path, headers, body in requested(reader):
                status, answer = await self._answer(method, path, headers, body)
                writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(answer)}\r\n\r\n{answer}".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[str, str]:
        match method, path:
            case "PUT", "/manner":
                self.manner = json.loads(body)
                return STATUS["ok"], ""
            case "PUT", "/release":
                self.released.set()
                return STATUS["ok"], ""
            case "GET", "/seen":
                return "200 OK", json.dumps({"calls": self.calls, "strayed": self.strayed})
            case "POST", "/hook":
                return await self._take(headers, body)
        self.strayed += 1
        return "404 Not Found", ""

    async def _take(self, headers: dict[str, str], body: str) -> tuple[str, str]:
        call: dict[str, Any] = {"headers": headers, "body": body, "signed": self._signed(headers, body)}
        self.calls.append(call)
        said = json.loads(body)
        manner = self.manner.get(said["stream"], self.manner[""])
        if manner == "hold":
            await self.released.wait()
            manner = "ok"
        call["taken"] = manner == "ok" and call["signed"]
        if call["taken"] and self._api and said["type"].endswith(".DutyCalled.v1"):
            call["answered"] = await self._acknowledge(said["stream"].partition("/")[2], headers["webhook-id"])
        return STATUS[manner], ""

    def _signed(self, headers: dict[str, str], body: str) -> bool:
        for secret in self._secrets.read_text().split():
            try:
                Webhook(secret).verify(body, headers)
            except WebhookVerificationError:
                continue
            return True
        return False

    async def _acknowledge(self, duty: str, id: str) -> int | None:
        """By the same door as people; the message's id makes a repeat harmless. None: nobody was there."""
        assert self._token is not None
        said = {"Authorization": f"Bearer {self._token.read_text()}", "Idempotency-Key": id}
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.post(f"{self._api}/duties/{duty}/acknowledge", headers=said, content=b"")
            except httpx.HTTPError:
                return None
        return answer.status_code


class Department:
    """The receiver as a test sees it."""

    def __init__(self, root: str, secrets: Path) -> None:
        self.url = f"{root}/hook"
        self._root, self._secrets = root, secrets

    def knows(self, *secrets: str) -> None:
        """With these it checks from now on."""
        self._secrets.write_text("\n".join(secrets))

    async def behaves(self, manner: str, **streams: str) -> None:
        """From now on it does so, and otherwise with the messages of these streams."""
        await self._ask("PUT", "/manner", json.dumps({"": manner, **streams}))

    async def release(self) -> None:
        """Answer those that are held."""
        await self._ask("PUT", "/release")

    async def calls(self) -> list[dict[str, Any]]:
        """All calls, in order."""
        found: list[dict[str, Any]] = (await self._ask("GET", "/seen")).json()["calls"]
        return found

    async def strayed(self) -> int:
        """How many requests went elsewhere."""
        return int((await self._ask("GET", "/seen")).json()["strayed"])

    async def taken(self) -> list[str]:
        """The names of the facts that were taken, in order, each as often as it was."""
        return [json.loads(call["body"])["type"].split(".")[2] for call in await self.calls() if call.get("taken")]

    async def ids(self) -> list[str]:
        """The ids of what was taken, in order."""
        return [call["headers"]["webhook-id"] for call in await self.calls() if call.get("taken")]

    async def _ask(self, method: str, path: str, body: str = "") -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.request(method, self._root + path, content=body)


@asynccontextmanager
async def department(
    folder: Path, port: int, api: str | None = None, token: Path | None = None
) -> AsyncIterator[Department]:
    """A receiver on this port."""
    secrets = folder / "receiver-secrets"
    secrets.touch()
    child = Forked(
        "receiver",
        [
            sys.executable,
            "-m",
            "tests.support.receiver",
            str(port),
            str(secrets),
            *([api, str(token)] if api else []),
        ],
        log=folder / "receiver.log",
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONUNBUFFERED": "1"},
    )
    child.start()
    try:
        here = Department(f"http://{LOOPBACK}:{port}", secrets)
        async with asyncio.timeout(20):
            while True:
                try:
                    await here.calls()
                    break
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
        yield here
    finally:
        await child.stop((signal.SIGTERM, 5.0))


async def _main() -> None:
    port, secrets, *more = sys.argv[1:]
    api, token = (more[0], Path(more[1])) if more else (None, None)
    receiver = Receiver(Path(secrets), api, token)
    async with await asyncio.start_server(receiver.serve, LOOPBACK, int(port)) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
