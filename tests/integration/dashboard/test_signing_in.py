"""Signing in: by a link that opens once, for as long as its token holds; the cookie is good for looking alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from ops.embedded.keys import Bearer
from shared.plumbing.auth import COOKIE
from tests.integration.dashboard.town import OPERATOR, SECRETARY
from tests.support.running import Running

HTML = {"Accept": "text/html"}


async def link(here: Running, who: Bearer = SECRETARY) -> str:
    """The path of a link for somebody."""
    path: str = (await here.write("/logins", who, {}))["path"]
    return path


async def opened(here: Running, path: str, **headers: str) -> httpx.Response:
    """The button on the link's page was pressed."""
    return await here.client.post(path, headers=HTML | headers)


def cookie(answer: httpx.Response) -> dict[str, str]:
    """The cookie that an answer sets, as a browser sends it back."""
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == COOKIE
    return {"Cookie": f"{COOKIE}={rest.partition(';')[0]}"}


async def test_a_link_signs_in_once(here: Running) -> None:
    path = await link(here)
    looked = await here.client.get(path, headers=HTML)
    assert looked.status_code == 200
    assert "这个链接只能用一次" in looked.text, "to look at it uses nothing up"
    first = await opened(here, path)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    said = first.headers["set-cookie"].lower()
    assert all(word in said for word in ("httponly", "secure", "samesite=strict", "path=/;"))
    again = await opened(here, path)
    assert again.status_code == 404
    assert "set-cookie" not in again.headers


async def test_whoever_signed_in_sees_as_far_as_their_token_reaches(here: Running) -> None:
    signed = cookie(await opened(here, await link(here)))
    page = await here.client.get("/", headers=HTML | signed)
    assert page.status_code == 200
    assert "社区书记 · 大灰厂" in page.text
    facts = await here.client.get("/facts", headers=signed)
    assert facts.status_code == 200


async def test_the_cookie_changes_nothing(here: Running) -> None:
    signed = cookie(await opened(here, await link(here)))
    assert (await here.client.post("/logins", headers=signed)).status_code == 401
    assert (
        await here.client.put("/clock", json={"at": "2024-03-01T09:00:00+08:00"}, headers=signed)
    ).status_code == 401


async def test_a_link_that_nobody_opened_is_no_more_after_ten_minutes(here: Running) -> None:
    path = await link(here)
    await here.service.pool.execute("update logins set expires_at = clock_timestamp() - interval '1 second'")
    assert (await opened(here, path)).status_code == 404
    await link(here)
    assert await here.service.pool.fetchval("select count(*) from logins") == 1, "the old one was taken away"


async def test_the_table_opens_nothing(here: Running) -> None:
    path = await link(here)
    row = await here.service.pool.fetchrow("select * from logins")
    token = here.keys.token(SECRETARY, now=datetime.now(UTC), lifetime=timedelta(hours=1))
    code = path.rpartition("/")[2].encode()
    for kept in (row["code"], row["sealed"]):
        assert code not in kept
        assert token[:20].encode() not in kept


async def test_other_sites_sign_nobody_in_or_out(here: Running) -> None:
    path = await link(here)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        for form in (path, "/logout"):
            assert (await opened(here, form, **headers)).status_code == 400
    assert (await opened(here, path, **{"Sec-Fetch-Site": "same-origin"})).status_code == 303


async def test_wrong_codes_are_no_codes(here: Running) -> None:
    for code in ("x", "A" * 43, "%E5%A4%A7", "A" * 500):
        assert (await opened(here, f"/login/{code}")).status_code == 404


async def test_who_is_not_signed_in_is_told_how(here: Running) -> None:
    page = await here.client.get("/", headers=HTML)
    assert page.status_code == 401
    assert "一次性登录链接" in page.text
    assert (await here.client.get("/")).json()["code"] == "unauthenticated", "a program gets the problem document"
    english = await here.client.get("/?lang=en", headers=HTML)
    assert "Not signed in" in english.text


async def test_every_page_is_safe(here: Running) -> None:
    signed = cookie(await opened(here, await link(here, OPERATOR)))
    for path in ("/", "/nothing", "/login"):
        page = await here.client.get(path, headers=HTML | signed)
        policy: dict[str, Any] = dict(
            part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "<script>" not in page.text
        assert " style=" not in page.text
