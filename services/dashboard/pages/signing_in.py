"""登录: by a link that opens once. Whoever holds a token asks for it, a browser turns it into its cookie.

The code of a link is the key by which its token lies in the database: who reads the table can open none.
"""

import secrets
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar import MediaType, Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from services.dashboard.door import Here
from services.dashboard.pages.frame import SAFE, look, page
from shared.plumbing import openapi
from shared.plumbing.auth import COOKIE, holds_for, token_of
from shared.plumbing.database import Pool
from shared.plumbing.keyring import derive
from shared.plumbing.public_pages import AnyRequest, from_our_page
from shared.plumbing.rate_limit import per_address
from shared.plumbing.service import Asking

OPEN_MINUTES = 10
"""So long does a link wait to be opened [D]."""
_OFTEN = per_address("login", lambda _: 30)
"""So often a minute may one address try."""
_BYTES, _NONCE = 32, 12
_STORE = f"""
with gone as (delete from logins where expires_at < clock_timestamp())
insert into logins (code, sealed, expires_at) values ($1, $2, clock_timestamp() + interval '{OPEN_MINUTES} minutes')
returning expires_at
"""
_TAKE = "delete from logins where code = $1 and expires_at >= clock_timestamp() returning sealed"


def _key(code: str) -> bytes:
    try:
        random = urlsafe_b64decode(code + "=")
    except (NotBase64, ValueError):
        raise NotFoundException from None
    if len(random) != _BYTES:
        raise NotFoundException
    return derive(random, "dashboard", "login")


async def leave(pool: Pool, token: str) -> tuple[str, datetime]:
    """Put a token aside: the code that takes it out, once, and until when."""
    code = secrets.token_urlsafe(_BYTES)
    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(_key(code)).encrypt(nonce, token.encode(), None)
    return code, await pool.fetchval(_STORE, sha256(code.encode()).digest(), sealed)


async def take(pool: Pool, code: str) -> str:
    """The token that was put aside, and now is no more; raises `NotFoundException`."""
    key = _key(code)
    sealed = await pool.fetchval(_TAKE, sha256(code.encode()).digest())
    if sealed is None:
        raise NotFoundException
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None).decode()


@post("/logins", status_code=201)
async def make_login(service: Here, ask: Asking, request: AnyRequest) -> dict[str, Any]:
    """一次性登录链接 for whoever shows a token: opened once, it signs a browser in with that token, until this expires."""
    code, until = await leave(service.pool, token_of(request))
    return {"path": f"/login/{code}", "expires_at": until}


@get("/login", **look())
async def explain_login(request: AnyRequest) -> Response[bytes]:
    """怎样登录."""
    return page(request, "login.html", code=None)


@get("/login/{code:str}", **look())
async def open_login(code: FromPath[str], request: AnyRequest) -> Response[bytes]:
    """A page that asks to go on: what merely looks at links in messages uses none up."""
    return page(request, "login.html", code=code)


def _goes_on(_: str, operation: dict[str, Any]) -> None:
    """It ends at the first page, with a cookie."""
    operation["responses"] |= {status: openapi.refusal(status) for status in ("400", "404", "429")}


_ONCE: dict[str, Any] = {
    "status_code": 303,
    "media_type": MediaType.HTML,
    "opt": {"described": _goes_on},
}


@post("/login/{code:str}", guards=[_OFTEN], **_ONCE)
async def sign_in(code: FromPath[str], service: Here, request: AnyRequest) -> Response[bytes]:
    """登录 by the code of a link; it opens no second time."""
    from_our_page(request, "请在本系统的登录页面上登录")
    token = await take(service.pool, code)
    return _onward("/", _cookie(token, int(holds_for(request, token))))


@post("/logout", **_ONCE)
async def sign_out(request: AnyRequest) -> Response[bytes]:
    """退出登录."""
    from_our_page(request, "请在本系统的页面上退出")
    return _onward("/login", _cookie("", 0))


def _cookie(token: str, seconds: int) -> Cookie:
    return Cookie(key=COOKIE, value=token, max_age=seconds, path="/", secure=True, httponly=True, samesite="strict")


def _onward(to: str, cookie: Cookie) -> Response[bytes]:
    return Response(b"", status_code=303, headers=dict(SAFE) | {"Location": to}, cookies=[cookie])


ROUTES = [make_login, explain_login, open_login, sign_in, sign_out]
