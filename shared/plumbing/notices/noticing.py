"""Telling people, put together: the reader of the journal and the sender, for a service that tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from shared.plumbing.change import Base
from shared.plumbing.notices.gateway import open_gateway
from shared.plumbing.notices.reader import Reader
from shared.plumbing.notices.sender import Sender
from shared.plumbing.notices.words import NoticeTerms, Teller, Templates
from shared.plumbing.quarantine import Quarantine
from shared.plumbing.settings import Settings
from shared.rules.township import Dated, Town


@dataclass(frozen=True)
class Noticing:
    """What one process does so that people are told."""

    reader: Reader
    sender: Sender

    @classmethod
    def open(
        cls,
        teller: Teller,
        base: Base,
        quarantine: Quarantine,
        settings: Settings,
        town: Town,
        document: Mapping[str, Any],
    ) -> Self | None:
        """Read and check templates and terms, also where nobody is told (then None). `document`: of `township.yaml`."""
        terms = Dated[NoticeTerms].model_validate({"versions": document["notices"]})
        templates = Templates.load(settings.config / "notices.yaml", quarantine.reader, town.name, teller.templates)
        gateway = open_gateway(settings)
        if gateway is None:
            return None
        return cls(
            Reader(base, quarantine, teller, templates, terms),
            Sender(base, teller, templates, terms, gateway),
        )
