"""What is asked about a person rather than about a complaint, and a contact that was put right."""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict, model_validator

from services.intake.domain.asked import Complainant, Phone, given
from shared.events.base import Asked, Line, Moment, Value, Why


class LookUp(Asked):
    """按电话查询 or 个人信息副本: whose number, and why."""

    phone: Phone
    reason: Why


class CorrectContact(Asked):
    """更正联系方式: what is right; left out, what is known stands."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [given("name"), given("phone")]})

    name: Line | None = None
    phone: Phone | None = None
    reason: Why

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.name is None and self.phone is None:
            raise ValueError("姓名与电话至少更正一项")
        return self


class Corrected(Value):
    """更正后的联系方式, for the vault, beside the order as it came."""

    name: Line | None = None
    phone: Phone | None = None
    corrected_at: Moment | None = None

    @classmethod
    def of(cls, complainant: Complainant) -> Self:
        """What the order said."""
        return cls(name=complainant.name, phone=complainant.phone)


def corrected(known: Corrected, asked: CorrectContact, now: datetime) -> Corrected:
    """What stands after a correction; what it leaves out stays."""
    return Corrected(name=asked.name or known.name, phone=asked.phone or known.phone, corrected_at=now)
