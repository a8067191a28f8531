"""The numbers of deliberation that are our default [D]: section `deliberation` of `config/township.yaml`."""

from datetime import timedelta
from fractions import Fraction
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.events.base import Code, Line, Value
from shared.events.deliberation import MemberKind, Seat
from shared.events.vocabulary import CommunityKind
from shared.rules import township
from shared.rules.attachment import AttachmentTerms
from shared.rules.deadline import Limit
from shared.rules.site import SiteTerms

Share = Annotated[Fraction, Field(ge=0, le=1)]
"""A part of a whole, written `1/3`."""


class FirstSeat(Value):
    """Who takes a seat when the platform is founded, or why nobody does. `{community}` stands for its name."""

    seat: Seat
    holder: Line | None = None
    unit: Code | None = None
    vacant_because: Line | None = None

    @model_validator(mode="after")
    def _filled_or_vacant(self) -> Self:
        if (self.holder is None) == (self.vacant_because is None):
            raise ValueError("每个席位须写明单位，或写明空缺原因，二者取一")
        return self


class Founding(Value):
    """平台初始值: the first rules, convener, place, seats and members; later they change by facts only.

    `{community}` stands for the community's name in every text.
    """

    title: Line
    organisation: Line
    venue: Line
    seats: tuple[FirstSeat, ...]
    members: tuple[MemberKind, ...]

    @model_validator(mode="after")
    def _names_every_seat_once(self) -> Self:
        if sorted(first.seat for first in self.seats) != [1, 2, 3, 4, 5]:
            raise ValueError("五个席位须各写一次")
        return self


class OwnFounding(Value):
    """What differs in one community from the founding of its kind."""

    venue: Line | None = None
    seats: tuple[FirstSeat, ...] = ()


class PublicTerms(SiteTerms):
    """公开. `results_months`: so long results stand on the first page; `applicants_kept`: names and numbers of
    applicants, from the end of their meeting.
    """

    results_months: int = Field(ge=1, le=24)
    applicants_kept: timedelta


class Terms(township.Terms):
    """议事协商的各项约定.

    `quorum_seats`: more than this share of the filled seats is there. `dispute_share`: from this share of positions
    against on, a dispute is large. `unexcused_limit` within `unexcused_months`: the superior is told.
    `majority`: where positions are taken, a decision needs more than this share of them. `check_in_before`: so early a
    code may be used. `disclosure`: of the result, from the last undertaking done.
    """

    notice: Limit
    urgent_notice: Limit
    quorum_seats: Share
    quorum_members: int = Field(ge=0)
    majority: Share
    check_in_before: Limit
    max_deferrals: int = Field(ge=1)
    dispute_share: Share
    unexcused_limit: int = Field(ge=1)
    unexcused_months: int = Field(ge=1, le=24)
    minutes: Limit
    disclosure: Limit
    member_term_months: int = Field(ge=1, le=120)
    attachments: AttachmentTerms
    month_warning_days: int = Field(ge=1, le=27)
    common_people: int = Field(ge=1)
    public: PublicTerms
    founding: dict[CommunityKind, Founding]
    communities: dict[Code, OwnFounding]

    @model_validator(mode="after")
    def _founds_every_kind(self) -> Self:
        if set(self.founding) != set(CommunityKind):
            raise ValueError("社区和村的平台初始值须各写一份")
        return self
