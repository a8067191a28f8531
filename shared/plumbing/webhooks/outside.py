"""Where a message may go: addresses that somebody has typed in must not lead into our own rooms (SSRF).

A name is resolved once, every address that it has is looked at, and the connection is made to one of these: what the
name says a moment later (DNS rebinding) does not matter. Addresses are compared as numbers, however they were written.
"""

import asyncio
import socket
from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from shared.rules.broken import Reason

Network = IPv4Network | IPv6Network


def _networks(*names: str) -> tuple[Network, ...]:
    return tuple(ip_network(name) for name in names)


LOOPBACK = _networks("127.0.0.0/8", "::1/128")
NEVER = _networks(
    "0.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "255.255.255.255/32",
    "100.100.100.200/32",  # where Aliyun tells its machines their secrets
    "168.63.129.16/32",  # Azure
    "fd00:ec2::/32",  # AWS
    "::/128",
    "fe80::/10",
    "ff00::/8",
    "::ffff:0:0/96",  # IPv4 in IPv6, in all its forms: it would go where the IPv4 address leads
    "::/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "2002::/16",
    "2001::/32",
)
"""Unspecified, link-local, multicast, metadata of clouds, IPv4 in disguise: no list of ours opens these."""
_INNER = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
)
"""IANA's special purposes; the library's own list depends on its version."""
_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is given to anybody."""


class Forbidden(Exception):
    """The address leads where we do not go."""


class Guard:
    """`networks`: of the town's intranet, which are allowed; `ports`: the only ones; `plain`: http will do (embedded)."""

    def __init__(self, networks: Iterable[Network], ports: Collection[int], *, plain: bool = False) -> None:
        self._networks, self._ports, self._plain = tuple(networks), frozenset(ports), plain

    def reasons(self, url: str) -> list[Reason]:
        """Everything that speaks against this address before its name is looked up."""
        try:
            where = httpx.URL(url)  # as the client itself will read it
        except (httpx.InvalidURL, ValueError):
            return [Reason("bad_url", "地址无效", "/url")]
        found = (
            where.scheme not in self._schemes and Reason("not_https", "地址须以 https:// 开头", "/url"),
            not where.raw_host and Reason("bad_url", "地址无效", "/url"),
            bool(where.userinfo) and Reason("url_with_credentials", "地址中不能写用户名或密码", "/url"),
            bool(where.fragment) and Reason("bad_url", "地址中不能有 # 部分", "/url"),
            _port(where) not in self._ports and Reason("port_not_allowed", "不允许这个端口", "/url"),
            _is_address(where.host)
            and not self.allows(where.host)
            and Reason("address_not_allowed", "不允许发往这个地址", "/url"),
        )
        return [reason for reason in found if reason]

    async def addresses(self, where: httpx.URL) -> list[str]:
        """The addresses of this host now; raises `Forbidden` if one of them is not allowed, `OSError` if there are none."""
        if self.reasons(str(where)):
            raise Forbidden(where.host)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(where.raw_host, _port(where), type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
        if not all(self.allows(address) for address in addresses):
            raise Forbidden(where.host)
        return addresses

    def allows(self, address: str) -> bool:
        """Whether we go there: to the whole public internet, and to what the town has listed."""
        known = ip_address(address)
        if getattr(known, "scope_id", None) or _within(known, NEVER):
            return False
        return _within(known, self._networks) or is_public(known)

    @property
    def _schemes(self) -> tuple[str, ...]:
        return ("https", "http") if self._plain else ("https",)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether this is an address of the public internet, and of one machine."""
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not _within(address, (*NEVER, *LOOPBACK, *_INNER))


def unfit_networks(networks: Iterable[Network], *, loopback: bool) -> list[Network]:
    """Those that nobody may list. `loopback`: this machine may be (embedded stack)."""
    closed = NEVER if loopback else (*NEVER, *LOOPBACK)
    return [
        network
        for network in networks
        if any(network.version == other.version and network.subnet_of(other) for other in closed)  # type: ignore[arg-type]
        or network.prefixlen == 0
        or (not loopback and any(network.version == other.version and network.overlaps(other) for other in LOOPBACK))
    ]


def _within(address: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _port(where: httpx.URL) -> int | None:
    return where.port or {"https": 443, "http": 80}.get(where.scheme)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
