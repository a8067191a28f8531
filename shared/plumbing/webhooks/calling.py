"""One call to another system: a signed JSON message over HTTPS, and what its answer means."""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx

from shared.plumbing.webhooks import signing
from shared.plumbing.webhooks.outside import Forbidden, Guard

MAX_ANSWER = 65_536
"""Nobody reads more of an answer: only its status counts."""
ITS_FAULT = frozenset({400, 410, 413, 422})
"""This very message is refused: trying again would hardly change anything."""
_NOT_NOW = frozenset({401, 403, 404, 405, 407, 429, 503})
"""The receiver takes nothing at present, or nothing from us: no message is to blame."""
_LONGEST_WISH = timedelta(hours=1)


class NotTaken(Exception):
    """The receiver did not take it; `code`, never its words: they may quote what we sent. `status`: of its answer."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code)
        self.code, self.status = code, status


class Refused(NotTaken):
    """It never will."""


class Failed(NotTaken):
    """This attempt failed; whether it had an effect is unknown."""


class Away(NotTaken):
    """It takes nothing at present. `wait`: how long it asks us to stay away."""

    def __init__(self, code: str, status: int | None = None, wait: timedelta = timedelta(0)) -> None:
        super().__init__(code, status)
        self.wait = wait


class Caller:
    """Calls others. Certificates are checked, redirections are not followed, no proxy is asked.

    `authority`: certificates of an authority of our own; `guard`: for addresses that somebody has typed in: then no
    connection is kept either, for another name may stand behind the same address.
    """

    def __init__(self, calls: int, authority: ssl.SSLContext, guard: Guard | None = None) -> None:
        self._guard = guard
        self._client = httpx.AsyncClient(
            verify=authority,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=calls, max_keepalive_connections=0 if guard else calls),
        )

    async def post(
        self,
        url: str,
        keys: Sequence[bytes],
        id: str,
        body: bytes,
        seconds: float,
        more: Mapping[str, str] | None = None,
    ) -> int:
        """One message, once; the status of the answer that took it (2xx), else `NotTaken`. `more`: other headers."""
        said = {"Content-Type": "application/json", **(more or {})}
        said |= signing.headers(keys, id, int(time.time()), body)
        answer: httpx.Response | None = None
        try:
            async with asyncio.timeout(seconds):
                for request in await self._requests(url, said, body, seconds):
                    try:
                        answer = await self._client.send(request, stream=True)
                    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                        unreached: Exception = error
                        continue
                    try:
                        await _drain(answer)
                    finally:
                        await answer.aclose()
                    break
                else:
                    raise unreached
        except Forbidden as error:
            raise Away("ADDRESS_NOT_ALLOWED") from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Away("UNREACHABLE") from error
        except (httpx.TimeoutException, TimeoutError) as error:
            if answer is None:
                raise Failed("TIMEOUT") from error
        except OSError as error:
            raise Away("UNREACHABLE") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if answer is None:
                raise Failed("NO_ANSWER") from error
        assert answer is not None
        _judge(answer)
        return answer.status_code

    async def _requests(self, url: str, said: Mapping[str, str], body: bytes, seconds: float) -> list[httpx.Request]:
        """The request, one for each address where it may be tried."""
        if self._guard is None:
            return [self._client.build_request("POST", url, content=body, headers=said, timeout=seconds)]
        where = httpx.URL(url)
        return [
            self._client.build_request(
                "POST",
                where.copy_with(host=address),
                content=body,
                headers={**said, "Host": where.netloc.decode()},
                timeout=seconds,
                extensions={"sni_hostname": where.raw_host.decode()},
            )
            for address in await self._guard.addresses(where)
        ]

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def authority(file: Path | None, *, alone: bool) -> ssl.SSLContext:
    """Whose certificates are good. `file`: an authority of our own, `alone` or beside those that everybody trusts."""
    if alone or file is None:
        return ssl.create_default_context(cafile=file)
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=file)
    return context


async def _drain(answer: httpx.Response) -> None:
    """Read a short answer to its end, so that the connection can be used again."""
    read = 0
    with suppress(httpx.DecodingError):
        async for chunk in answer.aiter_raw():
            read += len(chunk)
            if read > MAX_ANSWER:
                return


def _judge(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    code = f"HTTP_{status}"
    if status in ITS_FAULT:
        raise Refused(code, status)
    if status in _NOT_NOW or answer.is_redirect:
        raise Away(code, status, _wish(answer))
    raise Failed(code, status)


def _wish(answer: httpx.Response) -> timedelta:
    with suppress(ValueError, OverflowError):
        return min(max(timedelta(seconds=int(answer.headers.get("retry-after", ""))), timedelta(0)), _LONGEST_WISH)
    return timedelta(0)
