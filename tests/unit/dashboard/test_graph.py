"""The picture of a journey: what led to what stands from left to right, nothing covers anything, nothing is left out."""

import re
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dashboard.pages.graph import HEIGHT, WIDTH, Drawing, draw, folded
from services.dashboard.pages.journey import fitting

Link = tuple[str, str]
KINDS = ("complaint", "route", "topic", "issue", "project")
START = "topic/0"


def fan(count: int, topic: str = START, begin: int = 0) -> list[Link]:
    """So many complaints, each with a route of its own, to one topic."""
    pairs = [(f"complaint/{n}", f"route/{n}") for n in range(begin, begin + count)]
    return [*pairs, *((route, topic) for _, route in pairs)]


def streams(links: list[Link]) -> list[str]:
    return list(dict.fromkeys([START, *(stream for link in links for stream in link)]))


def drawn(links: list[Link], *, down: bool = False) -> Drawing:
    return draw(streams(links), links, START, down=down)


def place(drawing: Drawing, stream: str) -> int:
    (found,) = [n for n, box in enumerate(drawing.boxes) if stream in box.streams]
    return found


@st.composite
def journeys(draw: st.DrawFn) -> list[Link]:
    """Whatever leads to whatever, in circles, too."""
    names = [f"{draw(st.sampled_from(KINDS))}/{n}" for n in range(draw(st.integers(1, 14)))]
    pair = st.tuples(st.sampled_from([START, *names]), st.sampled_from([START, *names]))
    return draw(st.lists(pair, max_size=30))


def corners(path: str) -> list[tuple[float, float]]:
    """The points of a path; of a curve, where it ends."""
    found = []
    for part in re.findall(r"[MLC][^MLC]*", path):
        x, y = part[1:].split()[-2:]
        found.append((float(x), float(y)))
    return found


@given(journeys(), st.booleans())
def test_no_box_covers_another_and_all_lie_inside(links: list[Link], down: bool) -> None:
    drawing = drawn(links, down=down)
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - WIDTH
        assert 0 <= box.y <= drawing.height - HEIGHT


@given(journeys(), st.booleans())
def test_every_stream_has_a_box_and_every_link_a_line(links: list[Link], down: bool) -> None:
    drawing = drawn(links, down=down)
    assert sorted(stream for box in drawing.boxes for stream in box.streams) == sorted(streams(links))
    lines = {(line.source, line.target) for line in drawing.lines}
    wanted = {(place(drawing, source), place(drawing, target)) for source, target in links}
    assert lines == {edge for edge in wanted if edge[0] != edge[1]}
    assert len(lines) == len(drawing.lines)


@given(journeys(), st.booleans())
def test_a_line_goes_from_its_box_to_its_box_and_through_no_other(links: list[Link], down: bool) -> None:
    drawing = drawn(links, down=down)
    for line in drawing.lines:
        points = corners(line.path)
        for end, n in ((points[0], line.source), (points[-1], line.target)):
            box = drawing.boxes[n]
            assert box.x - 0.1 <= end[0] <= box.x + WIDTH + 0.1
            assert box.y - 0.1 <= end[1] <= box.y + HEIGHT + 0.1
        for (a, b), (c, d) in pairwise(points):
            if (a if down else b) != (c if down else d):
                continue
            for n, box in enumerate(drawing.boxes):
                apart = max(a, c) <= box.x or min(a, c) >= box.x + WIDTH or not box.y < b < box.y + HEIGHT
                if down:
                    apart = max(b, d) <= box.y or min(b, d) >= box.y + HEIGHT or not box.x < a < box.x + WIDTH
                assert apart or n in (line.source, line.target)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_what_came_from_something_stands_to_its_right_and_on_paper_below(pairs: list[tuple[int, int]]) -> None:
    links = [(f"topic/{min(pair)}", f"topic/{max(pair)}") for pair in pairs if pair[0] != pair[1]]
    for down in (False, True):
        drawing = drawn(links, down=down)
        for line in drawing.lines:
            source, target = drawing.boxes[line.source], drawing.boxes[line.target]
            assert source.y + HEIGHT < target.y if down else source.x + WIDTH < target.x


@given(journeys(), st.randoms())
def test_the_order_in_which_links_are_told_changes_nothing(links: list[Link], random: Random) -> None:
    shuffled = list(links)
    random.shuffle(shuffled)
    assert draw(streams(links), shuffled, START) == drawn(links)


def test_many_complaints_of_one_topic_are_one_box() -> None:
    drawing = drawn(fan(200))
    assert [len(box.streams) for box in drawing.boxes] == [1, 200, 200]
    assert len(drawing.lines) == 2


def test_a_few_have_a_box_each() -> None:
    assert len(drawn(fan(3)).boxes) == 7


def test_those_of_two_topics_stay_apart() -> None:
    drawing = drawn([*fan(9), *fan(5, "topic/1", 100)])
    assert sorted(len(box.streams) for box in drawing.boxes) == [1, 1, 5, 5, 9, 9]


def test_one_that_led_elsewhere_too_stands_alone() -> None:
    drawing = drawn([*fan(6), ("route/2", "issue/7")])
    assert len(drawing.boxes[place(drawing, "route/2")].streams) == 1
    assert len(drawing.boxes[place(drawing, "complaint/2")].streams) == 1
    assert len(drawing.boxes[place(drawing, "route/3")].streams) == 5


def test_what_is_looked_at_is_never_folded() -> None:
    links = fan(10, "topic/9")
    assert ("complaint/4",) in folded(list(dict.fromkeys(one for link in links for one in link)), links, "complaint/4")


def test_a_circle_is_drawn_as_it_is() -> None:
    drawing = drawn([(START, "project/1"), ("project/1", "topic/2"), ("topic/2", START)])
    assert len(drawing.lines) == 3
    assert len({box.x for box in drawing.boxes}) == 3


def test_a_stream_alone_has_a_picture() -> None:
    drawing = draw([START], [], START)
    assert [box.streams for box in drawing.boxes] == [(START,)]
    assert drawing.width > WIDTH


def test_lines_cross_no_more_than_they_must() -> None:
    """Two chains written crosswise lie side by side."""
    links = [("complaint/0", "route/1"), ("complaint/1", "route/0"), ("route/0", "topic/1"), ("route/1", START)]
    drawing = draw(["complaint/0", "complaint/1", "route/0", "route/1", START, "topic/1"], links, START)
    height = {stream: box.y for box in drawing.boxes for stream in box.streams}
    assert (height["complaint/0"] < height["complaint/1"]) == (height["route/1"] < height["route/0"])
    assert (height["route/1"] < height["route/0"]) == (height[START] < height["topic/1"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("停车", "停车"),
        ("一二三四五六七八九十一二三", "一二三四五六七八九十一二三"),
        ("一二三四五六七八九十一二三四", "一二三四五六七八九十一二…"),
        ("a" * 26, "a" * 26),
        ("a" * 27, "a" * 25 + "…"),
        ("", ""),
    ],
)
def test_a_title_fits_into_its_box(text: str, shown: str) -> None:
    assert fitting(text) == shown
