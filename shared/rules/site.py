"""公开站点: where public pages stand, and how their feeds are named."""

from typing import Annotated

from pydantic import StringConstraints

from shared.events.base import Value


class SiteTerms(Value):
    """公开. `url`: where the public pages stand, None: as they were asked for; `authority`: of tag URIs (RFC 4151)."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/?#\s]+$")] | None
    authority: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+,20\d\d$")]
