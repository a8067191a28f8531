"""What Schemathesis cannot know: a photo that is one, and that an idempotency key belongs to one body."""

import re
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies as st
from requests import PreparedRequest

from shared.plumbing.strict import IDEMPOTENCY_KEY
from tests.support import media

KEY = "Idempotency-Key"
_SHORT = IDEMPOTENCY_KEY.replace("200", "160")

schemathesis.openapi.media_type("image/jpeg", st.sampled_from([media.jpeg()]))


def own_key(request: PreparedRequest) -> PreparedRequest:
    """The same key with another body is refused (422, as draft-ietf-httpapi-idempotency-key-header has it)."""
    key = request.headers.get(KEY)
    if isinstance(key, str) and re.fullmatch(_SHORT, key):
        request.headers[KEY] = f"{key}{uuid4().hex}"
    return request


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Every request has its own."""
    kwargs["auth"] = own_key
