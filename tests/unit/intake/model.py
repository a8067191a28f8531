"""A second, plain telling of the town's rules for one complaint: written from the rule book, not from the program.

It shares no code with the program: its own words for states, its own arithmetic on the clock, its own calendar. A command
is a name with plain arguments; the model answers which facts follow, or which reasons refuse it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from math import ceil, floor
from random import Random
from typing import Any
from uuid import UUID

import chinese_calendar

BEIJING = timezone(timedelta(hours=8))
LEAD, OTHER, THIRD = "town-community-office", "town-enforcement", "no-such-unit"
UNITS = (LEAD, OTHER)
"""The units that the town of these lives knows; the third is none of them."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
URGENCIES = ("CRITICAL", "URGENT", "ROUTINE", "COMPLEX")
OPEN_CLOCK = ("RECEIVED", "DISPATCHED", "RETURN_REQUESTED", "ACCEPTED", "IN_PROGRESS")
OVER = ("ANSWERED", "REDIRECTED", "CLOSED")
HANDLED = ("ACCEPTED", "IN_PROGRESS", "LISTED")
PHASES = (*OPEN_CLOCK, "LISTED", "FINISHED", "CALLED_BACK", *OVER)
KINDS = {"TOPIC": "topic", "ISSUE": "issue", "SUGGESTION": "suggestion", "PROJECT": "project"}
KEPT = timedelta(days=1096)
"""So long after its end the vault remembers who asked."""
Said = list[tuple[str, dict[str, Any]]]


class Refused(Exception):
    """Against the rules, for these reasons."""

    def __init__(self, *codes: str | bool | None) -> None:
        self.codes = sorted(code for code in codes if isinstance(code, str))
        super().__init__(", ".join(self.codes))


def refuse(*codes: str | bool | None) -> None:
    if any(codes):
        raise Refused(*codes)


# ---------------------------------------------------------------------------------------------- limits and days


@dataclass
class Days:
    """Which days the offices work. `known`: years whose holidays the town has entered by hand; `off`: those holidays."""

    known: frozenset[int] = frozenset()
    off: frozenset[date] = frozenset()
    on: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        if day in self.off or day in self.on:
            return day in self.on
        try:
            return chinese_calendar.is_workday(day)
        except NotImplementedError:
            return day.weekday() < 5

    def announced(self, year: int) -> bool:
        try:
            return year in self.known or chinese_calendar.is_workday(date(year, 1, 1)) in (True, False)
        except NotImplementedError:
            return False

    def opening(self, moment: datetime) -> datetime:
        while True:
            if self.works(moment.date()):
                if moment.time() <= time(9):
                    return datetime.combine(moment.date(), time(9), BEIJING)
                if moment.time() <= time(17):
                    return moment
            moment = datetime.combine(moment.date() + DAY, time(0), BEIJING)


def parsed(text: str, factor: tuple[int, int] = (1, 1)) -> tuple[str, int]:
    """Unit and amount: seconds, working days, or minutes of working time; `factor` as numerator and denominator."""
    if found := re.fullmatch(r"(\d+)WD", text):
        unit, amount = "days", int(found[1])
    elif found := re.fullmatch(r"(\d+)WH", text):
        unit, amount = "minutes", int(found[1]) * 60
    else:
        found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", text)
        assert found is not None
        days, hours, minutes = (int(part or 0) for part in found.groups())
        unit, amount = "seconds", days * 86_400 + hours * 3_600 + minutes * 60
    return unit, ceil(amount * factor[0] / factor[1])


def later(start: datetime, text: str, days: Days, factor: tuple[int, int] = (1, 1)) -> datetime:
    """When a limit that begins at `start` is over."""
    unit, amount = parsed(text, factor)
    if unit == "seconds":
        return start + timedelta(seconds=amount)
    moment = days.opening(start.astimezone(BEIJING))
    if unit == "days":
        day = moment.date()
        for _ in range(amount):
            day += DAY
            while not days.works(day):
                day += DAY
        return datetime.combine(day, moment.time(), BEIJING)
    left = timedelta(minutes=amount)
    while (closing := datetime.combine(moment.date(), time(17), BEIJING)) - moment < left:
        left -= closing - moment
        moment = days.opening(datetime.combine(moment.date() + DAY, time(0), BEIJING))
    return moment + left


DEFAULTS: dict[str, Any] = {
    "limits": {"CRITICAL": "PT2H", "URGENT": "PT24H", "ROUTINE": "P7D", "COMPLEX": "P15D"},
    "accept": {"CRITICAL": "PT10M", "URGENT": "PT30M", "ROUTINE": "PT2H", "COMPLEX": "PT2H"},
    "first_contact": {"CRITICAL": "PT30M", "URGENT": "PT2H", "ROUTINE": "PT24H", "COMPLEX": "PT24H"},
    "returns": {
        "window": {"CRITICAL": "PT30M", "URGENT": "PT30M", "ROUTINE": "PT2H", "COMPLEX": "PT2H"},
        "decision": "PT2H",
    },
    "extension": {"times": 1, "factor": "1.0", "decision": "P1D"},
    "listing": {"review": "P30D", "least_rest": "PT24H", "longest": "P365D"},
    "callback": {"tries": 3, "span": "P3D"},
    "rehandling": {"times": 2, "factor": "0.5", "least": "PT24H"},
    "repeated_urges": 3,
}
"""The numbers of the fact sheet, §9."""


def some_terms(random: Random) -> dict[str, Any]:
    """The numbers of a town that decided otherwise, as its configuration would write them."""

    def each(*texts: str) -> dict[str, str]:
        return {urgency: random.choice(texts) for urgency in URGENCIES}

    return {
        "limits": each("PT2H", "PT24H", "P7D", "P15D", "5WD", "3WD", "16WH"),
        "accept": each("PT10M", "PT2H", "2WH"),
        "first_contact": each("PT30M", "PT24H", "1WD"),
        "returns": {"window": each("PT30M", "PT2H", "4WH"), "decision": random.choice(("PT2H", "2WH"))},
        "extension": {
            "times": random.choice((1, 1, 2)),
            "factor": random.choice(("1.0", "0.5")),
            "decision": random.choice(("P1D", "1WD")),
        },
        "listing": {
            "review": random.choice(("P30D", "20WD")),
            "least_rest": random.choice(("PT24H", "1WD")),
            "longest": random.choice(("P365D", "P45D")),
        },
        "callback": {"tries": random.choice((2, 3)), "span": random.choice(("P3D", "3WD"))},
        "rehandling": {
            "times": random.choice((1, 2, 2)),
            "factor": random.choice(("0.5", "0.3")),
            "least": random.choice(("PT24H", "1WD")),
        },
        "repeated_urges": random.choice((2, 3)),
    }


# ---------------------------------------------------------------------------------------------- one complaint


@dataclass
class Life:
    """One complaint as the rule book sees it; `terms` as the configuration writes them."""

    terms: dict[str, Any]
    days: Days
    type: str = "ASSISTANCE"
    confidential: bool = False
    received_at: datetime | None = None
    phase: str = "RECEIVED"
    urgency: str = "ROUTINE"
    lead: str | None = None
    first: str | None = None
    support: list[str] = field(default_factory=list)
    sent: int = 0
    sent_at: datetime | None = None
    accept_by: datetime | None = None
    contact_by: datetime | None = None
    first_contact: datetime | None = None
    start: datetime | None = None
    due: datetime | None = None
    deadline: int = 0
    provisional: bool = False
    warned: int = 0
    missed: set[str] = field(default_factory=set)
    asked_back: list[str] = field(default_factory=list)
    back_reason: str | None = None
    back_by: datetime | None = None
    extensions: int = 0
    wish: datetime | None = None
    wish_by: datetime | None = None
    listing: str | None = None
    reviews: int = 0
    review_by: datetime | None = None
    listed_until: datetime | None = None
    rest: int = 0
    finishes: int = 0
    finished_at: datetime | None = None
    reopened_at: datetime | None = None
    call_by: datetime | None = None
    tries: list[datetime] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    reopened: int = 0
    exception: str | None = None
    ground: str | None = None
    supervised: bool = False
    hard: bool = False
    urges: list[UUID] = field(default_factory=list)
    told: set[tuple[str, str, str | None]] = field(default_factory=set)
    kept_until: datetime | None = None
    routes: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    def do(self, name: str, now: datetime, /, **asked: Any) -> Said:
        """What follows from a command; raises `Refused`, and then nothing has changed."""
        return list(getattr(self, name)(now, **asked) or ())

    # -- in and out

    def receive(self, now: datetime, *, received_at: datetime, urgency: str) -> Said:
        self.received_at, self.urgency = min(received_at, now), urgency
        return [("ComplaintReceived", {"type": self.type, "urgency": urgency, "received_at": self.received_at})]

    def receive_again(self, now: datetime, *, same: bool | None) -> Said:
        refuse(same is False and "conflicting_content")
        return []

    def answer_it(self, now: datetime, *, at: datetime) -> Said:
        if self.phase == "ANSWERED":
            return []
        refuse(
            self._unless("RECEIVED"),
            self.type != "INQUIRY" and "not_an_inquiry",
            self._when(at, self.received_at, now),
        )
        self.phase, self.kept_until = "ANSWERED", at + KEPT
        return [("ComplaintAnswered", {"answered_at": at, "retain_until": self.kept_until})]

    def redirect(self, now: datetime, *, at: datetime) -> Said:
        if self.phase == "REDIRECTED":
            return []
        refuse(self._unless("RECEIVED"), self._when(at, self.received_at, now))
        self.phase, self.kept_until = "REDIRECTED", at + KEPT
        return [("ComplaintRedirected", {"told_at": at, "retain_until": self.kept_until})]

    def urge(self, now: datetime, *, order: UUID, kind: str) -> Said:
        if order in self.urges:
            return []
        refuse(self.phase in OVER and "already_over")
        self.urges.append(order)
        said: Said = [("ComplaintUrged", {"urge": kind, "urges": len(self.urges)})]
        if kind == "URGE" and len(self.urges) >= self.terms["repeated_urges"]:
            said += self._supervised()
        return said

    # -- dispatch, acceptance, return

    def dispatch(self, now: datetime, *, lead: str, urgency: str) -> Said:
        if self.phase == "DISPATCHED" and (lead, urgency) == (self.lead, self.urgency):
            return []
        refuse(self._unless("RECEIVED"), lead not in UNITS and "unknown_unit")
        self.start = self.start or now
        due = later(self.start, self.terms["limits"][urgency], self.days)
        if due != self.due:
            self.deadline += 1
            self._anew("DUE")
        self.phase, self.urgency, self.due, self.lead = "DISPATCHED", urgency, due, lead
        self.provisional = self._is_provisional(due)
        self.first = self.first or lead
        self.sent, self.sent_at = self.sent + 1, now
        self.accept_by = later(now, self.terms["accept"][urgency], self.days)
        self.contact_by = later(now, self.terms["first_contact"][urgency], self.days)
        self.missed -= {"ACCEPT", "CONTACT"}
        return [
            (
                "ComplaintDispatched",
                {
                    "lead": lead,
                    "first_handler": self.first,
                    "dispatch": self.sent,
                    "accept_by": self.accept_by,
                    "contact_by": self.contact_by,
                    "due_at": due,
                    "deadline_version": self.deadline,
                    "provisional": self.provisional,
                },
            )
        ]

    def accept(self, now: datetime, *, unit: str) -> Said:
        if self.phase == "ACCEPTED" and unit == self.lead:
            return []
        refuse(self._unless("DISPATCHED"), self._not_lead(unit))
        self.phase = "ACCEPTED"
        assert self.accept_by is not None
        return [("ComplaintAccepted", {"lead": unit, "late": now > self.accept_by})]

    def ask_back(self, now: datetime, *, unit: str, reason: str) -> Said:
        if self.phase == "RETURN_REQUESTED" and (unit, reason) == (self.lead, self.back_reason):
            return []
        window = self.terms["returns"]["window"][self.urgency]
        refuse(
            self._unless("DISPATCHED"),
            self._not_lead(unit),
            unit in self.asked_back and "returned_before",
            self.sent_at is not None and now > later(self.sent_at, window, self.days) and "window_over",
        )
        self.phase, self.back_reason = "RETURN_REQUESTED", reason
        self.asked_back.append(unit)
        self.back_by = later(now, self.terms["returns"]["decision"], self.days)
        self.missed -= {"RETURN_DECISION"}
        return [("ComplaintReturnRequested", {"lead": unit, "reason": reason, "decide_by": self.back_by})]

    def take_back(self, now: datetime) -> Said:
        refuse(self._unless("RETURN_REQUESTED"))
        said: Said = [("ComplaintReturned", {"lead": self.lead, "reason": self.back_reason})]
        self.phase, self.lead, self.support, self.back_reason, self.back_by = "RECEIVED", None, [], None, None
        return said

    def leave_it(self, now: datetime) -> Said:
        refuse(self._unless("RETURN_REQUESTED"))
        self.phase, self.back_reason, self.back_by = "DISPATCHED", None, None
        return [("ReturnRejected", {"lead": self.lead})]

    # -- handling

    def contact(self, now: datetime, *, unit: str, at: datetime) -> Said:
        refuse(self._unless(*HANDLED), self._not_handling(unit), self._when(at, self.received_at, now))
        first = self.first_contact is None
        assert self.contact_by is not None
        late = first and at > self.contact_by
        self.first_contact = self.first_contact or at
        if self.phase == "ACCEPTED":
            self.phase = "IN_PROGRESS"
        return [("ComplainantContacted", {"unit": unit, "first": first, "late": late})]

    def report(self, now: datetime, *, unit: str) -> Said:
        refuse(self._unless(*HANDLED), self._not_handling(unit))
        return [("ComplaintProgressed", {"step": "HANDLING", "cause": None})]

    def tell(self, now: datetime, *, step: str, cause: str, via: str | None) -> Said:
        if (step, cause, via) in self.told:
            return []
        self.told.add((step, cause, via))
        return [("ComplaintProgressed", {"step": step, "cause": cause, "via": via})]

    def add_support(self, now: datetime, *, unit: str) -> Said:
        if unit in self.support:
            return []
        refuse(
            self._unless("DISPATCHED", *HANDLED),
            unit not in UNITS and "unknown_unit",
            unit == self.lead and "is_the_lead_unit",
        )
        self.support.append(unit)
        return [("SupportUnitAdded", {"unit": unit})]

    def supervise(self, now: datetime) -> Said:
        refuse(not self.supervised and self.phase in OVER and "wrong_state")
        return self._supervised()

    def mark_hard(self, now: datetime) -> Said:
        refuse(not self.hard and self.phase in OVER and "wrong_state")
        return self._hard()

    # -- extension

    def ask_extension(self, now: datetime, *, unit: str, until: datetime) -> Said:
        if until == self.wish:
            return []
        over = self.due is not None and until > self._longest(self.due)
        refuse(
            self._unless("ACCEPTED", "IN_PROGRESS"),
            self._not_lead(unit),
            self.urgency == "CRITICAL" and "critical",
            (self.wish is not None or self.extensions >= self.terms["extension"]["times"]) and "asked_before",
            self.due is not None and now >= self.due and "after_due",
            self.due is not None and until <= self.due and "not_later",
            over and "too_long",
        )
        self.extensions, self.wish = self.extensions + 1, until
        self.wish_by = later(now, self.terms["extension"]["decision"], self.days)
        self.missed -= {"EXTENSION_DECISION"}
        return [("ExtensionRequested", {"until": until, "decide_by": self.wish_by})]

    def _longest(self, due: datetime) -> datetime:
        factor = {"1.0": (1, 1), "0.5": (1, 2)}[self.terms["extension"]["factor"]]
        return later(due, self.terms["limits"][self.urgency], self.days, factor)

    def grant_extension(self, now: datetime) -> Said:
        wish = self.wish
        refuse(
            wish is None and "nothing_asked",
            wish is not None and wish <= now and "too_late",
            wish is not None and self.due is not None and wish <= self.due and "not_later",
        )
        self.wish = self.wish_by = None
        self._new_deadline(now, wish)
        return [("ExtensionGranted", {"due_at": wish, "deadline_version": self.deadline})]

    def deny_extension(self, now: datetime) -> Said:
        refuse(self.wish is None and "nothing_asked")
        self.wish = self.wish_by = None
        return [("ExtensionDenied", {})]

    # -- listing

    def ask_listing(self, now: datetime, *, unit: str, reason: str, explained_at: datetime) -> Said:
        if self.listing == reason:
            return []
        refuse(
            self._not_listable(),
            self._not_lead(unit),
            self.listing is not None and "asked_before",
            self.exception is not None and "exception_approved",
            self._when(explained_at, self.received_at, now),
        )
        self.listing = reason
        return [("ListingRequested", {"reason": reason, "explained_at": explained_at})]

    def grant_listing(self, now: datetime) -> Said:
        if self.phase == "LISTED":
            return []
        refuse(
            self._not_listable(),
            self.listing is None and "nothing_asked",
            self.exception is not None and "exception_approved",
        )
        assert self.due is not None
        self.rest = max(0, floor((self.due - now).total_seconds()))
        self._new_deadline(now, None)
        self.phase, self.wish, self.wish_by = "LISTED", None, None
        self.reviews += 1
        self.review_by = later(now, self.terms["listing"]["review"], self.days)
        self.listed_until = later(now, self.terms["listing"]["longest"], self.days)
        return [
            (
                "ComplaintListed",
                {"rest_seconds": self.rest, "review_by": self.review_by, "ends_by": self.listed_until},
            )
        ]

    def deny_listing(self, now: datetime) -> Said:
        refuse(self._not_listable(), self.listing is None and "nothing_asked")
        self.listing = None
        return [("ListingDenied", {})]

    def review_listing(self, now: datetime, *, renew: bool) -> Said:
        refuse(self._unless("LISTED"))
        self.reviews += 1
        self.review_by = later(now, self.terms["listing"]["review"], self.days)
        if renew:
            self.listed_until = later(now, self.terms["listing"]["longest"], self.days)
        self.missed -= {"LISTING_REVIEW"}
        return [("ListingReviewed", {"review_by": self.review_by, "ends_by": self.listed_until})]

    def end_listing(self, now: datetime, ground: str = "UNBLOCKED") -> Said:
        refuse(self._unless("LISTED"))
        due = max(now + timedelta(seconds=self.rest), later(now, self.terms["listing"]["least_rest"], self.days))
        self._new_deadline(now, due)
        self.phase, self.rest, self.listing, self.review_by, self.listed_until = "IN_PROGRESS", 0, None, None, None
        return [("ListingEnded", {"ground": ground, "due_at": due, "deadline_version": self.deadline})]

    # -- the end

    def finish(self, now: datetime, *, unit: str, at: datetime) -> Said:
        open_routes = any(route["open"] for route in self.routes.values())
        begin = self.first_contact or self.received_at
        if self.finished_at:
            begin = max(self.finished_at, self.reopened_at or self.finished_at)
        refuse(
            self._unless("IN_PROGRESS"),
            self._not_lead(unit),
            open_routes and "open_routes",
            self._when(at, begin, now),
        )
        assert self.due is not None
        self.phase, self.finished_at, self.finishes = "FINISHED", at, self.finishes + 1
        self.call_by = later(now, self.terms["callback"]["span"], self.days)
        self.tries, self.listing, self.wish, self.wish_by = [], None, None, None
        self.missed -= {"CALLBACK"}
        return [("ComplaintFinished", {"lead": unit, "late": at > self.due, "callback_by": self.call_by})]

    def try_call(self, now: datetime, *, at: datetime) -> Said:
        if at in self.tries:
            return []
        hours = [tried.astimezone(BEIJING).hour for tried in self.tries]
        refuse(
            self._unless("FINISHED"),
            self._when(at, self.finished_at or self.received_at, now),
            at.astimezone(BEIJING).hour in hours and "same_hour",
        )
        self.tries.append(at)
        said: Said = [("CallbackTried", {"tries": len(self.tries)})]
        if len(self.tries) == self.terms["callback"]["tries"]:
            self.phase = "CALLED_BACK"
            self.answer = {
                "valid": False, "contacted": None, "resolved": None, "satisfaction": None, "by_city": False
            }  # fmt: skip
            said.append(("CallbackRecorded", self.answer))
        return said

    def call_back(self, now: datetime, *, at: datetime, resolved: bool, satisfaction: str, by_city: bool) -> Said:
        over = self.phase == "CLOSED"
        own = self.answer is not None and not self.answer["by_city"]
        instead = self.phase in ("CALLED_BACK", "CLOSED") and by_city and own
        refuse(
            not instead and self._unless("FINISHED"),
            self._when(at, self.finished_at or self.received_at, now),
        )
        self.phase = "CLOSED" if over else "CALLED_BACK"
        self.answer = {
            "valid": True,
            "contacted": True,
            "resolved": resolved,
            "satisfaction": satisfaction,
            "by_city": by_city,
        }
        said: Said = [("CallbackRecorded", self.answer)]
        if not over and not self._good() and self.reopened == self.terms["rehandling"]["times"]:
            said += [*self._hard(), *self._supervised()]
        return said

    def reopen(self, now: datetime) -> Said:
        numbers = self.terms["rehandling"]
        refuse(
            self._unless("CALLED_BACK"),
            self.reopened >= numbers["times"] and "reopened_before",
            self.answer is not None and not self.answer["valid"] and "unreachable",
            self.answer is not None and self._good() and "satisfied",
        )
        factor = {"0.5": (1, 2), "0.3": (3, 10)}[numbers["factor"]]
        due = max(
            later(now, self.terms["limits"][self.urgency], self.days, factor), later(now, numbers["least"], self.days)
        )
        self._new_deadline(now, due)
        self.provisional = self._is_provisional(due)
        self.phase, self.listing, self.exception = "IN_PROGRESS", None, None
        self.reopened, self.reopened_at = self.reopened + 1, now
        return [("ComplaintReopened", {"reopening": self.reopened, "due_at": due, "deadline_version": self.deadline})]

    def except_it(self, now: datetime, *, ground: str) -> Said:
        if self.exception == ground and self.phase == "CALLED_BACK":
            return []
        refuse(
            self._unless("CALLED_BACK"),
            self.answer is not None and self._good() and "satisfied",
            ground == "REHANDLED" and self.reopened < self.terms["rehandling"]["times"] and "not_rehandled",
        )
        self.exception = ground
        return [("ExceptionApproved", {"ground": ground})]

    def close(self, now: datetime) -> Said:
        if self.phase == "CLOSED":
            return []
        ground = None
        if self.answer and not self.answer["valid"]:
            ground = "UNREACHABLE"
        if self.exception:
            ground = "EXCEPTION"
        if self._good():
            ground = "SATISFIED"
        refuse(self._unless("CALLED_BACK"), ground is None and "not_resolved")
        self.phase, self.ground, self.listing, self.kept_until = "CLOSED", ground, None, now + KEPT
        return [("ComplaintClosed", {"ground": ground, "retain_until": self.kept_until})]

    # -- routes

    def route(self, now: datetime, *, id: UUID, wanted: str, target: UUID | None, title: bool) -> Said:
        refuse(
            self._unless("DISPATCHED", *HANDLED),
            self.confidential and "confidential",
            target is None and not title and "no_public_title",
        )
        return self._linked(id, wanted, f"{KINDS[wanted]}/{target}" if target else None)

    def link(self, now: datetime, *, id: UUID, topic: str) -> Said:
        return [] if self.confidential else self._linked(id, "TOPIC", topic)

    def _linked(self, id: UUID, wanted: str, target: str | None) -> Said:
        self.routes[id] = {"open": True, "wanted": wanted, "target": target, "outcome": None}
        return [("ComplaintRouted", {"wanted": wanted, "target": target})]

    def take(self, now: datetime, *, id: UUID, target: str) -> Said:
        route = self.routes[id]
        if route["target"] or target.split("/")[0] != KINDS[route["wanted"]]:
            return []
        route["target"] = target
        return [("RouteTaken", {"target": target})]

    def conclude(self, now: datetime, *, id: UUID, by: str, outcome: str) -> Said:
        route = self.routes[id]
        if not route["open"] or by.split("/")[0] != KINDS[route["wanted"]]:
            return []
        route.update(open=False, outcome=outcome)
        return [("RouteConcluded", {"outcome": outcome, "by": by})]

    def move(self, now: datetime, *, id: UUID, target: str) -> Said:
        route = self.routes[id]
        if not route["open"] or route["target"] in (None, target) or target.split("/")[0] != KINDS[route["wanted"]]:
            return []
        route["target"] = target
        return [("RouteTaken", {"target": target})]

    def answer_suggestion(self, now: datetime, *, id: UUID, by: str, outcome: str) -> Said:
        route = self.routes[id]
        goes_on = outcome in ("CONVERTED", "MERGED")
        ends = route["wanted"] == "SUGGESTION" or (route["wanted"] == "PROJECT" and not goes_on)
        if not route["open"] or not ends:
            return []
        route.update(open=False, outcome="DECLINED" if outcome == "DECLINED" else "DONE")
        return [("RouteConcluded", {"outcome": route["outcome"], "by": by})]

    # -- time

    def announce(self, now: datetime, *, days: Days) -> Said:
        """The holidays are known now."""
        self.days = days
        if not self.provisional or self.phase not in OPEN_CLOCK:
            return []
        assert self.start is not None
        assert self.due is not None
        limit, again = self.terms["limits"][self.urgency], self.terms["rehandling"]
        due = later(self.start, limit, days)
        if self.reopened:
            factor = {"0.5": (1, 2), "0.3": (3, 10)}[again["factor"]]
            due = max(later(self.start, limit, days, factor), later(self.start, again["least"], days))
        if not days.announced(due.astimezone(BEIJING).year):
            return []
        self.due, self.deadline, self.provisional = max(due, self.due), self.deadline + 1, False
        return [("ComplaintDeadlineRecounted", {"due_at": self.due, "deadline_version": self.deadline})]

    def timers(self) -> dict[str, tuple[datetime, int]]:
        """What is waited for: name → moment and version."""
        return dict(self._timers())

    def _timers(self) -> Iterator[tuple[str, tuple[datetime, int]]]:
        limits: list[tuple[str, str, datetime | None, int]] = []
        if self.phase in OPEN_CLOCK:
            limits.append(("due", "DUE", self.due, self.deadline))
            limits.append(("extension-decision", "EXTENSION_DECISION", self.wish_by, self.extensions))
        if self.phase == "DISPATCHED":
            limits.append(("accept", "ACCEPT", self.accept_by, self.sent))
        if self.phase in ("DISPATCHED", "ACCEPTED"):
            limits.append(("contact", "CONTACT", self.contact_by, self.sent))
        if self.phase == "RETURN_REQUESTED":
            limits.append(("return-decision", "RETURN_DECISION", self.back_by, len(self.asked_back)))
        if self.phase == "LISTED":
            limits.append(("listing-review", "LISTING_REVIEW", self.review_by, self.reviews))
        if self.phase == "FINISHED":
            limits.append(("callback", "CALLBACK", self.call_by, self.finishes))
        for name, step, moment, version in limits:
            if moment is not None and step not in self.missed:
                yield name, (moment, version)
        if self.phase == "LISTED" and self.listed_until:
            yield "listing-end", (self.listed_until, self.reviews)
        if self.kept_until:
            yield "retention", (self.kept_until, 1)
        if self.phase in OPEN_CLOCK and self.due and self.start and "DUE" not in self.missed:
            for percent in (50, 80):
                if percent > self.warned:
                    yield f"near-{percent}", (self.start + (self.due - self.start) * percent / 100, self.deadline)

    def ring(self, now: datetime, *, name: str, due_at: datetime, version: int) -> Said:
        """A timer rings, perhaps too early, too late, or for nothing."""
        if self.timers().get(name) != (due_at, version):
            return []
        if name.startswith("near-"):
            assert self.due is not None
            if now >= self.due:
                return []
            self.warned = int(name[5:])
            return [("ComplaintDeadlineNear", {"percent": self.warned, "due_at": self.due, "lead": self.lead})]
        if now < due_at:
            return []
        if name == "listing-end":
            return self.end_listing(now, "EXPIRED")
        if name == "retention":  # the vault forgets; nothing is said
            return []
        step = name.replace("-", "_").upper()
        self.missed.add(step)
        return [("ComplaintOverdue", {"step": step, "due_at": due_at, "deadline_version": version})]

    # -- shared

    def _unless(self, *phases: str) -> str | None:
        return None if self.phase in phases else "wrong_state"

    def _not_lead(self, unit: str) -> str | None:
        return None if unit == self.lead else "not_the_lead_unit"

    def _not_handling(self, unit: str) -> str | None:
        return None if unit in (self.lead, *self.support) else "not_a_handling_unit"

    def _when(self, at: datetime, begin: datetime | None, now: datetime) -> str | None:
        assert begin is not None
        return "too_early" if at < begin else "in_the_future" if at > now else None

    def _not_listable(self) -> str | None:
        in_vain = self.reopened == self.terms["rehandling"]["times"] and self.answer is not None and not self._good()
        return None if self.phase == "CALLED_BACK" and in_vain else self._unless("IN_PROGRESS")

    def _good(self) -> bool:
        answer = self.answer
        return bool(answer and answer["resolved"] and answer["satisfaction"] in ("SATISFIED", "BASICALLY"))

    def _supervised(self) -> Said:
        if self.supervised:
            return []
        self.supervised = True
        return [("ComplaintSupervised", {})]

    def _hard(self) -> Said:
        if self.hard:
            return []
        self.hard = True
        return [("HardCaseMarked", {})]

    def _anew(self, *steps: str) -> None:
        self.warned = 0
        self.missed -= set(steps)

    def _new_deadline(self, start: datetime, due: datetime | None) -> None:
        self.start, self.due, self.deadline, self.provisional = start, due, self.deadline + 1, False
        self._anew("DUE", "LISTING_REVIEW")

    def _is_provisional(self, due: datetime) -> bool:
        working = parsed(self.terms["limits"][self.urgency])[0] != "seconds"
        return working and not self.days.announced(due.astimezone(BEIJING).year)


# ---------------------------------------------------------------------------------------------- many complaints


@dataclass
class Crowd:
    """The people who ask for one thing at one place, and what was said of them. A person of None: nobody knows who."""

    sensitive: bool
    asked: list[tuple[datetime, UUID | None]] = field(default_factory=list)
    active: bool = False
    people: int = 0
    topic: str | None = None
    days: dict[date, tuple[int, int]] = field(default_factory=dict)

    def window(self, now: datetime, first: int, last: int) -> list[UUID | None]:
        """Who asked more than `last` and at most `first` days ago."""
        return [who for at, who in self.asked if now - first * DAY < at <= now - last * DAY]

    def look(self, now: datetime) -> Said:
        here, before = self.window(now, 30, 0), self.window(now, 60, 30)
        people = len(set(here))
        told = {"people": people, "complaints": len(here)}
        if self.active:
            if people < (1 if self.sensitive else 2):
                self.active, self.people = False, people
                return [("HotspotSubsided", told)]
            if 2 * people >= 3 * self.people:
                self.people = people
                return [("HotspotGrew", told)]
            return []
        rule = None
        if people >= 3 and len(set(before)) < 3:
            rule = "DISTINCT_PEOPLE"
        elif people >= 3 and len(here) >= 5 and 2 * len(here) >= 3 * len(before):
            rule = "SURGE"
        if self.sensitive and people:
            rule = "SENSITIVE"
        if rule is None:
            return []
        self.active, self.people = True, people
        return [("HotspotDetected", told | {"rule": rule})]

    def open_topic(self, topic: str, known: bool) -> Said:
        if not known or self.topic:
            return []
        self.topic = topic
        return [("HotspotTopicOpened", {"topic": topic})]

    def end_topic(self, topic: str) -> Said:
        if self.topic != topic:
            return []
        self.topic = None
        return [("HotspotTopicEnded", {"topic": topic})]

    def count(self, day: date) -> Said:
        those = [who for at, who in self.asked if at.astimezone(BEIJING).date() == day]
        numbers = len(those), len(set(those))
        if self.days.get(day, (0, 0)) == numbers:
            return []
        self.days[day] = numbers
        return [("DemandCounted", {"day": day, "complaints": numbers[0], "people": numbers[1]})]


# ---------------------------------------------------------------------------------------------- what is tried

LIKELY: dict[str, tuple[str, ...]] = {
    "RECEIVED": ("dispatch", "dispatch", "dispatch", "answer_it", "redirect", "urge"),
    "DISPATCHED": ("accept", "accept", "accept", "ask_back", "ask_back", "add_support", "route"),
    "RETURN_REQUESTED": ("take_back", "leave_it"),
    "ACCEPTED": ("contact", "contact", "ask_extension"),
    "IN_PROGRESS": ("finish", "finish", "finish", "ask_extension", "ask_listing", "grant_listing", "contact", "route"),
    "LISTED": ("review_listing", "end_listing", "contact", "report"),
    "FINISHED": ("try_call", "try_call", "call_back", "call_back", "call_back"),
    "CALLED_BACK": ("reopen", "reopen", "except_it", "close", "ask_listing", "grant_listing", "call_back"),
    "CLOSED": ("call_back", "call_back", "urge", "report", "reopen", "close"),
}
ALWAYS = (
    *(
        "receive_again",
        "answer_it",
        "redirect",
        "urge",
        "urge",
        "dispatch",
        "accept",
        "ask_back",
        "take_back",
        "leave_it",
    ),
    *("contact", "report", "tell", "add_support", "supervise", "mark_hard", "ask_extension", "grant_extension"),
    *("deny_extension", "ask_listing", "grant_listing", "deny_listing", "review_listing", "end_listing", "finish"),
    *("try_call", "call_back", "reopen", "except_it", "close", "route", "link", "take", "conclude"),
    *("move", "answer_suggestion"),
)
AGO = (timedelta(0), MINUTE, 2 * HOUR, 400 * DAY)
"""How long ago something may be said to have happened."""
OF_A_ROUTE = ("take", "conclude", "move", "answer_suggestion")
REASONS = ("POLICY", "PLANNING", "HISTORICAL", "LITIGATION", "FUNDING")


def some_command(random: Random, life: Life, now: datetime) -> tuple[str, dict[str, Any]]:
    """Something that somebody might ask now: mostly what comes next, sometimes anything at all."""
    pending = [name for name, asked in (("grant_extension", life.wish), ("deny_extension", life.wish)) if asked]
    if life.listing and life.phase != "LISTED":
        pending += ["grant_listing", "grant_listing", "deny_listing"]
    if any(route["open"] for route in life.routes.values()):
        pending += ["conclude", "conclude", "take"]
    likely = (*LIKELY.get(life.phase, ()), *pending)
    name = random.choice(likely) if likely and random.random() < 0.7 else random.choice(ALWAYS)
    if name in OF_A_ROUTE and not life.routes:
        name = "report"
    return name, _arguments(random, name, life, now)


def _arguments(random: Random, name: str, life: Life, now: datetime) -> dict[str, Any]:
    right = random.random() < 0.85
    unit = life.lead if right and life.lead else random.choice(UNITS)
    at = now - random.choice((timedelta(0), *AGO, -HOUR)) if not right else now
    id = UUID(int=random.getrandbits(128), version=4)
    match name:
        case "receive_again":
            return {"same": random.choice((True, True, False, None))}
        case "answer_it" | "redirect" | "try_call":
            return {"at": at}
        case "urge":
            known = random.choice(life.urges) if life.urges and not right else id
            return {"order": known, "kind": random.choice(("URGE", "URGE", "SUPPLEMENT"))}
        case "dispatch":
            return {
                "lead": random.choice((*UNITS, LEAD, THIRD if not right else LEAD)),
                "urgency": random.choice(URGENCIES),
            }
        case "accept" | "report" | "add_support":
            return {"unit": random.choice((*UNITS, THIRD)) if name == "add_support" else unit}
        case "ask_back":
            return {"unit": unit, "reason": random.choice(("NOT_MY_DUTY", "NOT_MY_AREA", "DUPLICATE"))}
        case "contact" | "finish":
            return {"unit": unit, "at": at}
        case "tell":
            return {
                "step": random.choice(("ISSUE_RESOLVED", "ISSUE_ESCALATED")),
                "cause": f"issue/{UUID(int=random.randrange(3), version=4)}",
                "via": random.choice((None, f"route/{UUID(int=1, version=4)}")),
            }
        case "ask_extension":
            due = life.due or now
            most = life._longest(due)
            wishes = (life.wish or due + HOUR, due, most, most + MINUTE) if not right else (most, due + MINUTE)
            return {"unit": unit, "until": random.choice(wishes)}
        case "ask_listing":
            return {"unit": unit, "reason": random.choice(REASONS), "explained_at": at}
        case "review_listing":
            return {"renew": random.random() < 0.3}
        case "call_back":
            return {
                "at": at,
                "resolved": random.random() < 0.5,
                "satisfaction": random.choice(("SATISFIED", "BASICALLY", "NEUTRAL", "DISSATISFIED")),
                "by_city": random.random() < 0.2,
            }
        case "except_it":
            return {"ground": random.choice(("UNREASONABLE", "REHANDLED"))}
        case "route":
            target = id if random.random() < 0.5 else None
            return {"id": id, "wanted": random.choice(tuple(KINDS)), "target": target, "title": right}
        case "link":
            return {"id": id, "topic": f"topic/{id}"}
        case "take" | "conclude" | "move" | "answer_suggestion":
            return _about_a_route(random, name, life, id)
        case _:
            return {}


def _about_a_route(random: Random, name: str, life: Life, id: UUID) -> dict[str, Any]:
    chosen = random.choice(list(life.routes))
    wanted = life.routes[chosen]["wanted"] if random.random() < 0.8 else random.choice(tuple(KINDS))
    what = life.routes[chosen]["target"] if name == "conclude" else None
    if what is None or not what.startswith(KINDS[wanted]):
        what = f"{KINDS[wanted]}/{id}"
    if name in ("take", "move"):
        return {"id": chosen, "target": what}
    if name == "answer_suggestion":
        outcome = random.choice(("CONVERTED", "MERGED", "REFERRED", "DECLINED"))
        return {"id": chosen, "by": f"suggestion/{id}", "outcome": outcome}
    return {"id": chosen, "by": what, "outcome": random.choice(("DONE", "DECLINED", "WITHDRAWN"))}


def some_jump(random: Random, life: Life, now: datetime) -> datetime:
    """The next moment at which something is asked: soon, just before, at or after a limit, or long after."""
    if life.phase in OPEN_CLOCK[:4] and random.random() < 0.6:
        return now + random.randint(0, 15) * MINUTE
    soon = [moment for moment, _ in life.timers().values() if moment >= now]
    if soon and random.random() < 0.3:
        return max(now, random.choice(soon) + random.choice((-MINUTE, timedelta(0), MINUTE)))
    scale = random.choice((MINUTE, MINUTE, MINUTE, 10 * MINUTE, HOUR, HOUR, 9 * HOUR, DAY, 12 * DAY))
    return now + random.randint(0, 5) * scale
