"""Whether what a request names stands in the town's lists."""

from shared.rules.broken import Reason
from shared.rules.township import Town


def unknown_anchor(town: Town, community: str | None, category: str | None, place: str | None) -> tuple[Reason, ...]:
    """Reasons why demand cannot be anchored so: an unknown code, or a place in another community."""
    found = town.place(place)
    reasons = (
        community and not town.community(community) and Reason("unknown_community", "没有这个社区（村）", "/community"),
        category and not town.category(category) and Reason("unknown_category", "没有这个诉求分类", "/category"),
        place and not found and Reason("unknown_place", "地名表中没有这个地点", "/place"),
        found
        and community
        and found.community != community
        and Reason("place_elsewhere", "地点不属于该社区（村）", "/place"),
    )
    return tuple(reason for reason in reasons if isinstance(reason, Reason))


def unknown_unit(town: Town, code: str, pointer: str) -> Reason | None:
    """The reason why this is neither a unit nor a community of the town."""
    if town.unit(code) or town.community(code):
        return None
    return Reason("unknown_unit", "没有这个单位", pointer)
