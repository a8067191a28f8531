"""小数隐去: fewer than five residents are never counted in public."""

import pytest

from shared.rules.small_counts import shown


@pytest.mark.parametrize(("residents", "public"), [(0, "<5"), (1, "<5"), (4, "<5"), (5, "5"), (1200, "1200")])
def test_fewer_than_five_residents_are_not_counted_in_public(residents: int, public: str) -> None:
    assert shown(residents) == public
