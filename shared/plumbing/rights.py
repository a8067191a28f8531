"""Who may do what on Kafka: users (SCRAM-SHA-512) and rights (ACLs), made from one file."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactBytes, CompactString, Int8, Int16, Int32, Schema, TaggedFields
from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.plumbing.settings import read_yaml

# numbers of the Kafka protocol
TOPIC, GROUP = 2, 3
LITERAL, PREFIXED = 3, 4
READ, WRITE = 3, 4
_ANY, _ALLOW = 1, 3
_SHA_512 = 2
_ITERATIONS = 8192


class Principal(BaseModel):
    """What one user of Kafka may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    writes: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    group_prefixes: frozenset[str] = frozenset()


class Right(NamedTuple):
    """One ACL: this user may do this to what is named, or to all names that begin so. Kafka's own order of fields."""

    resource: int
    name: str
    pattern: int
    principal: str
    host: str
    operation: int
    permission: int


def read_access(file: Path) -> dict[str, Principal]:
    """The principals of an `access.yaml`."""
    return TypeAdapter(dict[str, Principal]).validate_python(read_yaml(file))


def rights(access: Mapping[str, Principal]) -> set[Right]:
    """The ACLs that say the same. Reading and writing imply describing; writing implies an idempotent producer."""
    found = set()
    for name, principal in access.items():
        for resource, pattern, operation, names in (
            (TOPIC, LITERAL, WRITE, principal.writes),
            (TOPIC, LITERAL, READ, principal.reads),
            (GROUP, LITERAL, READ, principal.groups),
            (GROUP, PREFIXED, READ, principal.group_prefixes),
        ):
            found |= {Right(resource, n, pattern, f"User:{name}", "*", operation, _ALLOW) for n in names}
    return found


async def apply(options: Mapping[str, Any], access: Mapping[str, Principal], password: Callable[[str], str]) -> None:
    """Make it so: every user has its password, and the broker's ACLs are exactly these."""
    client = AIOKafkaClient(**options)
    await client.bootstrap()
    try:

        async def ask(request: Any) -> Any:
            return await client.send(client.get_random_node(), request)

        answer = await ask(_MakeUsers({name: password(name) for name in access}))
        _check(*((code, words) for _, code, words, _ in answer.results))
        wanted, known = rights(access), await _known(ask)
        for right in sorted(wanted - known):
            _check(*(await ask(CreateAclsRequest(*right))).creation_responses)
        for right in sorted(known - wanted):
            _check(*(found[:2] for found in (await ask(DeleteAclsRequest(*right))).filter_responses))
    finally:
        await client.close()


async def _known(ask: Any) -> set[Right]:
    answer = await ask(DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY))
    _check((answer.error_code, answer.error_message))
    return {Right(*resource[:3], *acl) for resource in answer.resources for acl in resource[3]}


def _check(*answers: tuple[int, str | None]) -> None:
    for code, words in answers:
        if code:
            raise for_code(code)(words)


# -- AlterUserScramCredentials, version 0: the client library has no request for it. A password never travels.


class _MakeUsersResponse(Response):  # type: ignore[misc]
    API_KEY = 51
    API_VERSION = 0
    SCHEMA: ClassVar[Any] = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _MakeUsersRequest(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 51
    API_VERSION = 0
    RESPONSE_TYPE = _MakeUsersResponse
    SCHEMA: ClassVar[Any] = Schema(
        (
            "deletions",
            CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields)),
        ),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _MakeUsers(Request[_MakeUsersRequest]):  # type: ignore[misc]
    API_KEY = 51

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._users: list[tuple[Any, ...]] = []
        for name, password in passwords.items():
            salt = secrets.token_bytes(32)
            salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
            self._users.append((name, _SHA_512, _ITERATIONS, salt, salted, {}))

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class([], self._users, {})
