"""全过程图: which stream led to which, as boxes in columns from the first cause on, with lines between them.

Laid out here: of the libraries with wheels grandalf is GPL or EPL, fast-sugiyama and graphlay (of this year) are betas.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

MANY = 4
"""So many of a kind that came from the same and led to the same stand in one box [D]."""
WIDTH, HEIGHT = 196.0, 66.0
"""Of a box, in pixels."""
_AHEAD, _ASIDE, _EDGE = 64.0, 18.0, 8.0
"""Between columns, between neighbours, and around everything."""
_SWEEPS = 8
Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """One stream, or many alike; its corner at the top left."""

    streams: tuple[str, ...]
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """From box to box, by their places in the drawing; `path`: as SVG draws it."""

    source: int
    target: int
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and lines, and how large they are together."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def draw(streams: Sequence[str], links: Iterable[tuple[str, str]], start: str, *, down: bool = False) -> Drawing:
    """The streams in this order, and (source, consequence); `start` has a box of its own. `down`: as fits on paper."""
    links = [link for link in links if link[0] != link[1]]
    groups = folded(streams, links, start)
    box = {stream: n for n, group in enumerate(groups) for stream in group}
    edges = sorted({(box[source], box[target]) for source, target in links if box[source] != box[target]})
    ranks = _ranks(len(groups), edges)
    columns, ways = _columns(ranks, edges)
    _uncross(columns, ways)
    long, wide = (HEIGHT, WIDTH) if down else (WIDTH, HEIGHT)
    aside = _aside(columns, ways, {n: wide if n < len(groups) else 0.0 for column in columns for n in column})
    ahead = {n: _EDGE + rank * (long + _AHEAD) for rank, column in enumerate(columns) for n in column}
    corners = [(ahead[n], aside[n] - wide / 2) for n in range(len(groups))]
    lines = [
        Line(*edge, _path([(ahead[n], aside[n]) for n in way], long, down=down, back=ranks[edge[0]] > ranks[edge[1]]))
        for edge, way in zip(edges, ways, strict=True)
    ]
    far = max((at for at in ahead.values()), default=0.0) + long + _EDGE
    broad = max((aside[n] + wide / 2 for n in range(len(groups))), default=0.0) + _EDGE
    return Drawing(
        *((broad, far) if down else (far, broad)),
        tuple(Box(group, *(corner[::-1] if down else corner)) for group, corner in zip(groups, corners, strict=True)),
        tuple(lines),
    )


def folded(streams: Sequence[str], links: Iterable[tuple[str, str]], start: str) -> list[tuple[str, ...]]:
    """The streams that stand in one box: alike are those of a kind whose sources and consequences are alike."""
    came, led = _neighbours(links)
    alike: Mapping[str, object] = {one: "" if one == start else one.partition("/")[0] for one in streams}
    while True:
        told: dict[object, int] = {}
        finer = {
            one: told.setdefault(
                (alike[one], frozenset(alike[n] for n in came[one]), frozenset(alike[n] for n in led[one])), len(told)
            )
            for one in streams
        }
        groups = defaultdict(list)
        for one in streams:
            groups[finer[one]].append(one)
        few = [one for group in groups.values() if 1 < len(group) < MANY for one in group]
        if not few and len(groups) == len(set(alike.values())):
            return [tuple(group) for group in groups.values()]
        alike = finer if len(groups) > len(set(alike.values())) else finer | {one: one for one in few}


def _neighbours(links: Iterable[tuple[str, str]]) -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
    came, led = defaultdict(set), defaultdict(set)
    for source, target in links:
        led[source].add(target)
        came[target].add(source)
    return came, led


def _ranks(count: int, edges: Sequence[Edge]) -> list[int]:
    """In which column a box stands: behind everything it came from. In a circle the first one goes before the others."""
    came = [{source for source, target in edges if target == n} for n in range(count)]
    ranks, waiting, rank = [0] * count, list(range(count)), 0
    while waiting:
        there = set(waiting)
        free = [n for n in waiting if not came[n] & there] or waiting[:1]
        for n in free:
            ranks[n] = rank
        waiting = [n for n in waiting if n not in free]
        rank += 1
    return ranks


def _columns(ranks: Sequence[int], edges: Sequence[Edge]) -> tuple[list[list[int]], list[list[int]]]:
    """What stands in each column, and every edge's way from left to right; where it passes by, a point stands."""
    columns: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for n, rank in enumerate(ranks):
        columns[rank].append(n)
    ways, fresh = [], len(ranks)
    for source, target in edges:
        first, last = sorted((source, target), key=ranks.__getitem__)
        between = range(fresh, fresh + ranks[last] - ranks[first] - 1)
        for n, rank in zip(between, range(ranks[first] + 1, ranks[last]), strict=True):
            columns[rank].append(n)
        ways.append([first, *between, last])
        fresh = between.stop
    return columns, ways


def _beside(ways: Sequence[Sequence[int]]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    before, after = defaultdict(list), defaultdict(list)
    for way in ways:
        for left, right in pairwise(way):
            before[right].append(left)
            after[left].append(right)
    return before, after


def _uncross(columns: list[list[int]], ways: Sequence[Sequence[int]]) -> None:
    """Order every column by the middle of what it is joined to, to and fro; the order with fewest crossings stays."""
    before, after = _beside(ways)
    best, fewest = [list(column) for column in columns], _crossings(columns, after)
    for sweep in range(_SWEEPS):
        onward = sweep % 2 == 0
        joined = before if onward else after
        place = {n: float(at) for column in columns for at, n in enumerate(column)}
        for column in columns if onward else reversed(columns):
            column.sort(key=lambda n: _mean([place[m] for m in joined[n]], place[n]))
            place.update((n, float(at)) for at, n in enumerate(column))
        if (crossings := _crossings(columns, after)) < fewest:
            best, fewest = [list(column) for column in columns], crossings
    columns[:] = best


def _crossings(columns: Sequence[Sequence[int]], after: Mapping[int, Sequence[int]]) -> int:
    place = {n: at for column in columns for at, n in enumerate(column)}
    found = 0
    for column in columns:
        ends: list[int] = []
        for n in column:
            there = sorted(place[m] for m in after.get(n, ()))
            found += sum(len(ends) - bisect_right(ends, end) for end in there)
            for end in there:
                insort(ends, end)
    return found


def _aside(columns: Sequence[Sequence[int]], ways: Sequence[Sequence[int]], size: Mapping[int, float]) -> list[float]:
    """The middle of each across the columns: as near to what it is joined to as its neighbours allow."""
    before, after = _beside(ways)
    middle = [0.0] * len(size)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            joined = before if sweep % 2 == 0 else after
            wanted = [_mean([middle[m] for m in joined[n]], middle[n]) for n in column]
            apart = [(size[n] + size[m]) / 2 + _ASIDE for n, m in pairwise(column)]
            for n, at in zip(column, _settled(wanted, apart), strict=True):
                middle[n] = at
    top = min((middle[n] - size[n] / 2 for n in range(len(middle))), default=0.0)
    return [at - top + _EDGE for at in middle]


def _settled(wanted: Sequence[float], apart: Sequence[float]) -> list[float]:
    """As near as can be to where each wants to be, in this order and so far apart (isotonic regression)."""
    offsets = [0.0]
    for distance in apart:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            total, count = total + pools[-1][0], count + pools[-1][1]
            pools.pop()
        pools.append((total, count))
    settled = [total / count for total, count in pools for _ in range(count)]
    return [at + offset for at, offset in zip(settled, offsets, strict=False)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _path(points: Sequence[tuple[float, float]], long: float, *, down: bool, back: bool) -> str:
    """Curves between the columns, straight past them."""
    stops = [(at + way, aside) for at, aside in points for way in (0.0, long)][1:-1]
    if back:
        stops.reverse()

    def point(ahead: float, aside: float) -> str:
        return f"{aside:.1f} {ahead:.1f}" if down else f"{ahead:.1f} {aside:.1f}"

    path = f"M{point(*stops[0])}"
    for (a, b), (c, d) in pairwise(stops):
        path += f"L{point(c, d)}" if b == d else f"C{point((a + c) / 2, b)} {point((a + c) / 2, d)} {point(c, d)}"
    return path
