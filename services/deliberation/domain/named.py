"""Whether what a request names stands in the town's lists."""

from shared.rules.broken import Reason
from shared.rules.township import Town


def unknown_anchor(town: Town, community: str, category: str, place: str | None) -> list[Reason]:
    """Reasons why a topic or problem cannot be anchored so: an unknown code, or a place in another community."""
    known = town.place(place)
    found = (
        town.community(community) is None and Reason("unknown_community", "没有这个社区（村）", "/community"),
        town.category(category) is None and Reason("unknown_category", "没有这个诉求分类", "/category"),
        place is not None and known is None and Reason("unknown_place", "地名表中没有这个地点", "/place"),
        known is not None
        and known.community != community
        and Reason("place_elsewhere", "地点不属于该社区（村）", "/place"),
    )
    return [reason for reason in found if reason]


def unknown_unit(town: Town, code: str | None, pointer: str) -> Reason | None:
    """The reason why this is neither a unit nor a community of the town; nothing is named by None."""
    if code is None or town.unit(code) or town.community(code):
        return None
    return Reason("unknown_unit", "没有这个单位", pointer)
