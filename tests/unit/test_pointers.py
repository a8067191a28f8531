"""A pointer says where something is wrong, and repeats nothing that a sender made up."""

import pytest

from shared.plumbing.errors import pointer


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("received_at",), "/received_at"),
        (("rows", 3, "order"), "/rows/3/order"),
        ((), ""),
        (("unknown",), "/unknown"),
        (("complainant", "王建国"), "/complainant"),
        (("19912345678",), ""),
        (("complainant", "199 1234 5678", "x"), "/complainant"),
    ],
)
def test_a_name_that_could_be_a_residents_is_left_out(path: tuple[object, ...], said: str) -> None:
    assert pointer(path) == said
