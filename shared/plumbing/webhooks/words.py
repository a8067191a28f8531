"""推送: what may be sent to whom, how often it is tried, and what a message says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from shared.events.base import Fact, derived
from shared.rules import township

Pause = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=365))]


class WebhookState(StrEnum):
    """推送状态: sends, paused by somebody, disabled because the receiver is gone or does not answer for days."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    DISABLED = "DISABLED"


class DeliveryState(StrEnum):
    """投递状态: waiting, taken by the receiver, given up because the receiver refuses this very message."""

    QUEUED = "QUEUED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


GONE, FAILING = "GONE", "FAILING"
"""Why a webhook was disabled: the receiver answered 410, or nothing was taken through the whole schedule."""


class WebhookTerms(township.Terms):
    """推送的时限与数值: section `webhooks` of `config/township.yaml`.

    `pauses`: before the second, third … attempt (Standard Webhooks 1.0); after the last one it is given up.
    `jitter_percent`: pauses are longer by up to so much; `call`: how long one call may take; `keep`: what was delivered
    is forgotten then; `overlap`: so long both secrets sign while one is exchanged.
    """

    pauses: Annotated[tuple[Pause, ...], Field(min_length=1)]
    jitter_percent: Annotated[int, Field(ge=0, le=100)]
    call: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(seconds=60))]
    keep: Pause
    overlap: Pause

    def pause(self, failures: int, chance: float) -> timedelta:
        """How long to wait after so many failures. `chance`: between 0 and 1."""
        pause = self.pauses[min(failures, len(self.pauses)) - 1]
        return pause * (1 + self.jitter_percent / 100 * chance)

    def over(self, failures: int) -> bool:
        """Whether the whole schedule was gone through."""
        return failures > len(self.pauses)


@dataclass(frozen=True, slots=True)
class Told:
    """Which facts a service sends, and in which of their fields the unit stands whose they are."""

    facts: tuple[type[Fact], ...]
    unit: str

    @property
    def types(self) -> list[str]:
        """Their names on the wire."""
        return [fact.wire_type for fact in self.facts]


def owner_of(service: str, unit: str) -> UUID:
    """Under which id the secrets of a unit's webhook lie in the vault."""
    return derived("webhook", service, unit)


def message_id(kind: str, stream: UUID, version: int) -> str:
    """`kind/uuid/version`: the id of the fact, the same on Kafka and here, however often it is sent."""
    return f"{kind}/{stream}/{version}"


def message(type: str, occurred_at: datetime, stream: str, version: int, data: Mapping[str, Any] | None) -> bytes:
    """The body. `data`: None for a thin message, which says only where to look."""
    said = {
        "type": type,
        "timestamp": occurred_at.isoformat(),
        "stream": stream,
        "version": version,
        "data": {} if data is None else data,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
