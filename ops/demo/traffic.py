"""The town's everyday: seeded demands with a profile by weekday, hour and category. Written for the demo; nobody said this."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from shared.events.vocabulary import Channel, ComplaintType, Satisfaction, Urgency
from shared.rules.township import SHANGHAI, Town

WEEKDAYS = (1.25, 1.15, 1.1, 1.05, 1.0, 0.75, 0.7)
"""How many demands a day of the week brings, Monday first, against the mean."""
HOURS = {8: 9, 9: 14, 10: 13, 11: 9, 12: 4, 13: 5, 14: 9, 15: 10, 16: 9, 17: 6, 18: 4, 19: 4, 20: 3, 21: 1}
"""How many of a hundred come in which hour."""


@dataclass(frozen=True, slots=True)
class Habit:
    """What people ask for: how often, who handles it, how urgent it is, and what they say (a template, not a quotation)."""

    category: str
    weight: int
    unit: str
    urgency: Urgency
    title: str
    says: str
    type: ComplaintType = ComplaintType.COMPLAINT


HABITS = (
    Habit("PARKING", 14, "town-planning-office", Urgency.ROUTINE, "停车占道", "门口道路两侧停满车辆，出行不便。"),
    Habit("WASTE", 12, "town-planning-office", Urgency.ROUTINE, "垃圾清运", "垃圾桶满了几天没有清运。"),
    Habit("PROPERTY_SERVICE", 11, "town-community-office", Urgency.ROUTINE, "物业服务", "楼道长期没有打扫。"),
    Habit("STREET_LIGHT", 8, "town-planning-office", Urgency.ROUTINE, "路灯不亮", "夜里路灯不亮，老人走路不安全。"),
    Habit("ROAD_REPAIR", 8, "town-planning-office", Urgency.ROUTINE, "道路破损", "路面有坑，下雨积水。"),
    Habit("NOISE", 8, "town-enforcement", Urgency.ROUTINE, "噪声扰民", "夜间施工影响休息。"),
    Habit("HEATING", 7, "firm-heating", Urgency.URGENT, "暖气不热", "家里温度不到十六度。", ComplaintType.ASSISTANCE),
    Habit("WATER", 5, "firm-water", Urgency.URGENT, "停水", "从早上开始没有水。", ComplaintType.ASSISTANCE),
    Habit(
        "EBIKE_CHARGING",
        6,
        "town-community-office",
        Urgency.ROUTINE,
        "充电设施",
        "希望增加电动车充电位置。",
        ComplaintType.SUGGESTION,
    ),
    Habit("GREENING", 5, "town-planning-office", Urgency.ROUTINE, "树木修剪", "树枝挡住窗户和路灯。"),
    Habit(
        "ELDERLY_SERVICE",
        4,
        "town-livelihood-office",
        Urgency.ROUTINE,
        "助老服务",
        "希望办助餐点。",
        ComplaintType.SUGGESTION,
    ),
    Habit(
        "ILLEGAL_BUILDING",
        4,
        "town-enforcement",
        Urgency.COMPLEX,
        "违法建设",
        "有人在公共绿地搭建棚房。",
        ComplaintType.REPORT,
    ),
    Habit(
        "CONSULTATION",
        8,
        "town-request-centre",
        Urgency.ROUTINE,
        "政策咨询",
        "请问如何办理居住证。",
        ComplaintType.INQUIRY,
    ),
)
CHANNELS = {
    Channel.HOTLINE_12345: 70,
    Channel.WECHAT: 10,
    Channel.HOUSEHOLD_VISIT: 7,
    Channel.OPINION_BOX: 5,
    Channel.VILLAGE_OFFICE: 5,
    Channel.QQ: 3,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One demand as it will come in, and how the person will answer when called back.

    `told`: the place that the person names, now and then one of another community; the dispatcher finds out.
    """

    number: str
    at: datetime
    habit: Habit
    channel: Channel
    community: str
    place: str | None
    told: str | None
    person: int
    wrong_unit: str | None
    answers: Satisfaction
    resolved: bool


def calls(town: Town, seed: int, first: date, last: date, count: int) -> list[Call]:
    """So many demands between two days (both included), in order of time; the same for the same seed."""
    random = Random(seed)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    communities = [community.code for community in town.communities]
    found: list[Call] = []
    for n in range(count):
        day = random.choices(days, [WEEKDAYS[day.weekday()] for day in days])[0]
        hour = random.choices(list(HOURS), list(HOURS.values()))[0]
        at = datetime.combine(day, time(hour, random.randrange(60)), SHANGHAI)
        habit = random.choices(HABITS, [habit.weight for habit in HABITS])[0]
        community = random.choice(communities)
        repeats = found and random.random() < 0.08
        earlier = random.choice(found) if repeats else None
        wrong = random.random() < 0.07
        found.append(
            Call(
                f"12345-{day:%Y%m%d}-{n:04d}",
                at,
                earlier.habit if earlier else habit,
                random.choices(list(CHANNELS), list(CHANNELS.values()))[0],
                earlier.community if earlier else community,
                place := earlier.place if earlier else _place(random, town, community),
                random.choice(town.places).code if place and random.random() < 0.06 else place,
                earlier.person if earlier else random.randrange(10_000, 99_999),
                random.choice(_others(habit.unit)) if wrong else None,
                random.choices(
                    (Satisfaction.SATISFIED, Satisfaction.BASICALLY, Satisfaction.NEUTRAL, Satisfaction.DISSATISFIED),
                    (74, 18, 4, 4),
                )[0],
                random.random() < 0.94,
            )
        )
    return sorted(found, key=lambda call: (call.at, call.number))


def _place(random: Random, town: Town, community: str) -> str | None:
    """Two of three people name a place that the gazetteer knows."""
    places = [place.code for place in town.places if place.community == community]
    return random.choice(places) if places and random.random() < 0.67 else None


def _others(unit: str) -> Sequence[str]:
    return sorted({habit.unit for habit in HABITS} - {unit})
