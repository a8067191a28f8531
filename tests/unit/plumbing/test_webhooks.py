"""Which addresses a message may go to, how it is signed, and how long somebody is left alone."""

import asyncio
import json
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import httpcore
import httpx
import pytest
import yaml
from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from ops.ports import Ports
from shared.plumbing.settings import Mode, Settings
from shared.plumbing.webhooks import signing
from shared.plumbing.webhooks.calling import Away, Caller, authority
from shared.plumbing.webhooks.outside import Forbidden, Guard, unfit_networks
from shared.plumbing.webhooks.words import WebhookTerms, message, message_id, owner_of
from shared.rules.township import Dated
from tests.support.gateway import certificate

TERMS = (
    Dated[WebhookTerms]
    .model_validate({"versions": yaml.safe_load(Path("config/township.yaml").read_text())["webhooks"]})
    .versions[0]
)
INTRANET = ip_network("10.20.0.0/16")
GUARD = Guard([INTRANET], (443, 8443))
INNER = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "0.0.0.0",
    "0.1.2.3",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", INNER)
def test_nobody_is_led_into_our_own_rooms(address: str) -> None:
    """Seen red: the library's own `is_global` alone lets fourteen of them through."""
    assert not GUARD.allows(address)
    host = f"[{address}]" if ":" in address else address
    assert {"address_not_allowed", "bad_url"} & {reason.code for reason in GUARD.reasons(f"https://{host}/")}


@pytest.mark.parametrize("address", ["8.8.8.8", "39.106.1.1", "2408:8000::1", "2606:4700::1111", "10.20.3.4"])
def test_the_public_internet_and_the_listed_intranet_are_open(address: str) -> None:
    assert GUARD.allows(address)


def test_a_list_of_the_towns_own_does_not_open_what_nobody_may_reach() -> None:
    wide = Guard([ip_network("100.64.0.0/10"), ip_network("fc00::/7")], (443,))
    assert wide.allows("100.64.1.1") and wide.allows("fd12::1")
    assert not wide.allows("100.100.100.200") and not wide.allows("fd00:ec2::254")


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        ("https://example.org/hook?unit=1", []),
        ("https://example.org:8443/", []),
        ("https://例子.测试/", []),
        ("http://example.org/", ["not_https", "port_not_allowed"]),
        ("ftp://example.org/", ["not_https", "port_not_allowed"]),
        ("https://example.org:22/", ["port_not_allowed"]),
        ("https://name:word@example.org/", ["url_with_credentials"]),
        ("https://example.org/#a", ["bad_url"]),
        ("https:///hook", ["bad_url"]),
        ("https://[::1/", ["bad_url"]),
        ("https://0177.0.0.1/", ["bad_url"]),
        ("https://\udcff/", ["bad_url"]),
    ],
)
def test_an_address_is_refused_with_all_reasons(url: str, codes: list[str]) -> None:
    assert [reason.code for reason in GUARD.reasons(url)] == codes
    assert {reason.pointer for reason in GUARD.reasons(url)} <= {"/url"}


@pytest.mark.parametrize(
    ("answers", "allowed"),
    [
        (["39.106.1.1"], True),
        (["10.20.1.1", "39.106.1.1"], True),
        (["39.106.1.1", "10.0.0.1"], False),
        (["127.0.0.1"], False),
        (["::ffff:169.254.169.254"], False),
    ],
)
async def test_every_address_of_a_name_counts(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], allowed: bool
) -> None:
    def look(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in answers]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    where = httpx.URL("https://name.example/")
    if allowed:
        assert await GUARD.addresses(where) == answers
    else:
        with pytest.raises(Forbidden):
            await GUARD.addresses(where)


@pytest.mark.parametrize("host", ["127.1", "0x7f.0.0.1", "2130706433", "localhost"])
async def test_an_address_is_known_however_it_is_written(host: str) -> None:
    with pytest.raises((Forbidden, OSError)):
        await GUARD.addresses(httpx.URL(f"https://{host}/"))


@pytest.mark.parametrize(
    ("network", "production", "embedded"),
    [
        ("10.0.0.0/8", True, True),
        ("127.0.0.0/8", False, True),
        ("::1/128", False, False),
        ("0.0.0.0/0", False, False),
        ("::/0", False, False),
        ("64.0.0.0/2", False, True),
        ("169.254.169.254/32", False, False),
        ("fe80::/64", False, False),
        ("2002::/16", False, False),
    ],
)
def test_some_networks_may_not_be_listed(network: str, production: bool, embedded: bool) -> None:
    for loopback, fine in ((False, production), (True, embedded)):
        assert (unfit_networks([ip_network(network)], loopback=loopback) == []) is fine


def test_http_is_for_the_embedded_stack_only(tmp_path: Path) -> None:
    def settings(mode: Mode, **more: Any) -> Settings:
        return Settings(
            service="escalation",
            mode=mode,
            database_url="postgresql://x@y/z",  # type: ignore[arg-type]
            kafka="k:1",
            master_key_file=tmp_path,
            jwks_file=tmp_path,
            issuer="urn:example",
            **more,
        )

    assert settings(Mode.EMBEDDED, webhooks_plain=True).webhooks_plain
    with pytest.raises(ValidationError, match="FIVEPLUSN_WEBHOOKS_PLAIN"):
        settings(Mode.PRODUCTION, webhooks_plain=True)
    with pytest.raises(ValidationError, match="FIVEPLUSN_WEBHOOKS_NETWORKS"):
        settings(Mode.PRODUCTION, webhooks_networks=["127.0.0.0/8"])


def test_the_networks_are_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEPLUSN_WEBHOOKS_NETWORKS", '["10.20.0.0/16", "fd12::/16"]')
    monkeypatch.setenv("FIVEPLUSN_WEBHOOKS_PORTS", "[443, 9443]")
    found = Settings(
        service="escalation",
        database_url="postgresql://x@y/z",  # type: ignore[arg-type]
        kafka="k:1",
        master_key_file=tmp_path,
        jwks_file=tmp_path,
        issuer="urn:example",
    )
    assert found.webhooks_networks == (INTRANET, ip_network("fd12::/16"))
    assert found.webhooks_ports == (443, 9443)


def test_pauses_grow_by_the_schedule_and_are_longer_by_chance() -> None:
    assert [TERMS.pause(n, 0) for n in (1, 2, 3)] == [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
    ]
    assert TERMS.pause(1, 1) == timedelta(seconds=6)
    assert TERMS.pause(99, 0) == timedelta(hours=24)
    assert not TERMS.over(9) and TERMS.over(10)
    assert sum((TERMS.pause(n, 0) for n in range(1, 10)), timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


def test_the_library_of_the_standard_knows_our_signatures() -> None:
    old, new, other = (signing.new_secret() for _ in range(3))
    body = message("fiveplusn.escalation.DutyCalled.v1", datetime.now(UTC), "duty/1", 3, {"task": "清运"})
    stamp = int(datetime.now(UTC).timestamp())
    said = signing.headers([signing.key_of(new), signing.key_of(old)], "duty/1/3", stamp, body)
    for secret in (old, new):
        assert Webhook(secret).verify(body, said)["data"] == {"task": "清运"}
    for secret, changed in ((other, said), (new, said | {"webhook-id": "duty/1/4"})):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, changed)
    late = signing.headers([signing.key_of(new)], "duty/1/3", stamp - 600, body)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(new).verify(body, late)


def test_an_id_has_no_full_stop_and_a_thin_message_no_data() -> None:
    id = message_id("duty", UUID(int=1), 3)
    assert id == f"duty/{UUID(int=1)}/3" and "." not in id
    assert json.loads(message("t", datetime.now(UTC), "duty/1", 1, None))["data"] == {}
    assert owner_of("escalation", "a") != owner_of("escalation", "b") != owner_of("projects", "b")


async def test_the_connection_is_pinned_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the name leads to a listed address once, and into our own rooms ever after.

    Seen red: a client that gets the name looks it up again.
    """
    tried: list[tuple[str, str]] = []
    looked = 0

    def look(host: Any, *_: Any, **__: Any) -> list[Any]:
        nonlocal looked
        if host in (b"name.example", "name.example"):
            looked += 1
            address = "10.20.1.1" if looked == 1 else "127.0.0.1"
        else:
            address = str(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]

    class Backend(httpcore.AsyncNetworkBackend):
        async def connect_tcp(self, host: str, *_: Any, **__: Any) -> Any:
            (place,) = await asyncio.get_running_loop().getaddrinfo(host, 443)
            tried.append((host, place[4][0]))
            raise httpcore.ConnectError

    monkeypatch.setattr(socket, "getaddrinfo", look)
    caller = Caller(1, authority(None, alone=True), GUARD)
    monkeypatch.setattr(caller._client._transport._pool, "_network_backend", Backend())  # type: ignore[attr-defined]
    with pytest.raises(Away, match="UNREACHABLE"):
        await caller.post("https://name.example/hook", [bytes(32)], "duty/1/1", b"{}", 5)
    assert tried == [("10.20.1.1", "10.20.1.1")]
    assert looked == 1
    await caller.close()


async def test_over_tls_the_certificate_is_of_the_name_and_not_of_the_address(tmp_path: Path) -> None:
    """The name's own certificate is checked although the connection goes to a number."""
    port = Ports(tmp_path / "ports.json").take("tls")
    for name, taken in (("localhost", True), ("elsewhere.example", False)):
        pem = certificate(tmp_path / f"{name}.pem", name)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
        heard: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: list[bytes] = heard) -> None:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
            writer.close()

        guard = Guard([ip_network("127.0.0.0/8")], (port,))
        caller = Caller(1, authority(pem, alone=False), guard)
        async with await asyncio.start_server(serve, "127.0.0.1", port, ssl=context):
            call = caller.post(f"https://localhost:{port}/hook", [bytes(32)], "duty/1/1", b"{}", 5)
            if taken:
                assert await call == 204
                assert f"host: localhost:{port}".encode() in heard[0].lower()
            else:
                with pytest.raises(Away, match="UNREACHABLE"):
                    await call
        await caller.close()
