"""What staff write for the public is looked through: a corpus of our own, made from templates, with fixed seeds."""

import random
from collections.abc import Iterator

import pytest

from services.intake.domain.asked import Finish, ReportProgress
from shared.events.base import Asked, Kept, Line, Value
from shared.rules.redaction import (
    CODE,
    DOOR,
    ID_NUMBER,
    KNOWN,
    LAND_LINE,
    MAILBOX,
    MOBILE,
    PLATE,
    Known,
    personal,
    unfit,
)
from tests.unit.intake.builders import LEAD, START

SENTENCES = (
    "已联系诉求人{}，约定周三上门",
    "请拨打{}咨询",
    "经核实（{}）情况属实",
    "{}：来电反映路灯不亮",
    "现场与居民沟通，留有{}，已转物业",
    "物业已回复{},后续跟进。",
)
SPOKEN = "零一二三四五六七八九"


def mobiles(chance: random.Random) -> Iterator[str]:
    """Every usual way to write one."""
    while True:
        number = f"1{chance.choice('3456789')}{chance.randrange(10**9):09d}"
        a, b, c = number[:3], number[3:7], number[7:]
        yield from (
            number,
            f"{a} {b} {c}",
            f"{a}-{b}-{c}",
            f"{a}.{b}.{c}",
            f"{number[:4]}-{number[4:8]}-{number[8:]}",
            f"{a} {number[3:]}",
            f"+86{number}",
            f"+86 {a}-{b}-{c}",
            f"0086-{number}",
            f"86 {number}",
            f"({a}){b}-{c}",
            f"{a}—{b}—{c}",
            " ".join(number),
            "-".join(number[i : i + 2] for i in range(0, 11, 2)),
            number.translate({ord("0") + i: 0xFF10 + i for i in range(10)}),
            "".join(SPOKEN[int(digit)] for digit in number),
            "".join(SPOKEN[int(digit)] for digit in number).replace("一", "幺"),
            f"{a}·{b}·{c}",
            f"{a}/{b}/{c}",
            f"{number[:7]} {number[7:]}",
        )


def identities(chance: random.Random) -> Iterator[str]:
    weights, checks = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
    while True:
        born = f"{chance.randrange(1940, 2015)}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"
        head = f"1101{chance.randrange(1, 20):02d}{born}{chance.randrange(1000):03d}"
        number = head + checks[sum(w * int(d) for w, d in zip(weights, head, strict=True)) % 11]
        yield from (
            number,
            number.lower(),
            f"{number[:6]} {number[6:14]} {number[14:]}",
            f"{number[:6]}-{number[6:14]}-{number[14:]}",
        )


def land_lines(chance: random.Random) -> Iterator[str]:
    while True:
        number = f"{chance.randrange(2, 9)}{chance.randrange(10**7):07d}"
        yield from (f"010-{number}", f"010{number}", f"(010){number}", f"010 {number[:4]} {number[4:]}")
        yield from (f"0311-{number}", f"0431-{number[:7]}", f"021-{number[:4]}-{number[4:]}", f"电话{number}")


def plates(chance: random.Random) -> Iterator[str]:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    while True:
        number = "".join(chance.choices("0123456789", k=5))
        yield from (f"京{chance.choice(letters)}{number}", f"京{chance.choice(letters)}·{number}")
        yield from (
            f"冀{chance.choice(letters)}D{number}",
            f"京{chance.choice(letters)} {number[:3]}{letters[3]}{number[4]}",
        )


def doors(chance: random.Random) -> Iterator[str]:
    while True:
        house, unit, floor, flat = (chance.randrange(1, n) for n in (30, 9, 25, 5))
        room = f"{floor}0{flat}"
        yield from (
            f"{house}号楼{unit}单元{room}",
            f"{house}号楼{unit}单元{room}室",
            f"{house}栋{unit}单元 {room}号",
            f"{house}号楼{room}室",
            f"{unit}单元{room}室",
            f"{house}#{unit}-{room}",
            f"{house}-{unit}-{room}",
            "三号楼二单元四零二室",
            f"{house} 号楼 {unit} 单元 {room}",
            f"{house}号院2号楼{unit}门{room}",
        )


KINDS = {MOBILE: mobiles, ID_NUMBER: identities, LAND_LINE: land_lines, PLATE: plates, DOOR: doors}
COUNTS = {MOBILE: 200, ID_NUMBER: 80, LAND_LINE: 48, PLATE: 40, DOOR: 60}


def corpus(kind: str) -> list[str]:
    chance = random.Random(f"2024 {kind}")
    made = KINDS[kind](chance)
    return [SENTENCES[n % len(SENTENCES)].format(next(made)) for n in range(COUNTS[kind])]


def harmless() -> list[str]:
    """Dates, orders, amounts, hotlines, buildings: what notes of a town are full of."""
    chance = random.Random(2024)
    texts = []
    for _ in range(40):
        year, month, day, hour = (chance.randrange(*span) for span in ((2019, 2026), (1, 13), (1, 29), (8, 18)))
        house, unit, households, money = (chance.randrange(1, top) for top in (30, 9, 400, 10**6))
        order = f"{year}{month:02d}{day:02d}{chance.randrange(10**6):06d}"
        texts += [
            f"已于{year}年{month}月{day}日{hour}:{chance.randrange(60):02d}完成现场勘查",
            f"工单编号{order}，与{year}-{month:02d}-{day:02d}的工单并案处理",
            f"{house}号楼{unit}单元{households}户居民已恢复供暖，{house}号楼外立面修缮完成",
            f"投入资金{money}元（{money / 10000:.2f}万元），更换路灯{households}盏、管线{chance.randrange(10**4)}米",
            f"请拨打12345热线或96156，每周一至周五{hour}:00-17:00受理；紧急情况拨打110、119",
            f"第{unit}次协调会定于{month}月{day}日{hour}时在{house}号院活动室召开，办理{house}-{unit}号提案",
            f"依据京建发〔{year}〕{households}号文件第{unit}条，电价每度0.{chance.randrange(4000, 9999)}元",
            f"坐标39.{chance.randrange(10**6):06d},116.{chance.randrange(10**6):06d}附近，设备编号BJ-{order[:10]}",
        ]
    return texts


@pytest.mark.parametrize("kind", KINDS)
def test_at_least_ninety_nine_of_a_hundred_are_found(kind: str) -> None:
    texts = corpus(kind)
    missed = [text for text in texts if kind not in personal(text)]
    assert len(missed) <= len(texts) // 100, missed


def test_the_corpus_is_as_large_as_it_must_be() -> None:
    assert sum(COUNTS.values()) >= 300
    assert len(set(harmless())) >= 200


def test_dates_orders_amounts_and_buildings_pass() -> None:
    wrong = [(text, found) for text in harmless() if (found := personal(text))]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "12号楼",
        "12号楼3单元",
        "3号楼2单元12户居民反映",
        "1-3 2024-02-01 9时",
        "20240201138001",
        "110101199003077759",
        "请咨询 400-810-1234",
        "G107国道、京A牌照车辆",
        "2024.02.01-2024.03.01",
    ],
)
def test_what_only_looks_like_it_passes(text: str) -> None:
    assert personal(text) == []


def test_a_number_in_two_lines_of_invisible_signs_is_still_a_number() -> None:
    assert personal("138\u200b0013\u200b8000") == [MOBILE]
    assert personal("wang.wu@example.com") == [MAILBOX]


def test_the_numbers_of_offices_may_stand() -> None:
    assert personal("请拨打 010-83801234 咨询", public=["010 8380 1234"]) == []
    assert personal("请拨打 010-83801235 咨询", public=["010 8380 1234"]) == [LAND_LINE]


def test_the_persons_own_name_and_number_are_found_where_the_vault_knows_them() -> None:
    known = [Known("王建国", "8380-1234")]
    assert personal("已与王建国面谈", known) == [KNOWN]
    assert personal("已回复83801234", known) == [KNOWN]
    assert personal("已与诉求人面谈", known) == []
    assert personal("已与诉求人面谈", [Known("王", None), Known(None, "12")]) == []


def test_every_text_is_named_with_its_pointer_and_never_repeated() -> None:
    note = ReportProgress(unit=LEAD, note="电话13800138000")
    [reason] = unfit(note)
    assert (reason.code, reason.pointer) == (CODE, "/note")
    assert "138" not in reason.words
    fine = Finish(unit=LEAD, finished_at=START, spoken_with="COMPLAINANT", measure="已维修")
    assert unfit(fine) == []


def test_texts_inside_of_a_request_are_looked_through_and_names_of_streams_are_not() -> None:
    class Step(Value):
        work: Line

    class Asking(Asked):
        steps: tuple[Step, ...]
        sources: tuple[str, ...]

    digits = "topic/13800138-0000-4138-8013-138001380000"
    asked = Asking(
        steps=(Step(work="抢修"), Step(work="联系13800138000")), sources=(digits, "13800138000" * 5 + "f" * 9)
    )
    assert [reason.pointer for reason in unfit(asked)] == ["/steps/1/work"]


def test_what_goes_into_the_vault_may_name_somebody() -> None:
    class Reachable(Kept):
        phone: Line

    class Asking(Asked):
        reachable: Reachable
        reason: Line

    asked = Asking(reachable=Reachable(phone="13800138000"), reason="联系13800138000")
    assert [reason.pointer for reason in unfit(asked)] == ["/reason"]
