"""What Schemathesis cannot know: a photo that is one, and that a key belongs to one body."""

from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies as st

from tests.support import media

KEY = "Idempotency-Key"

schemathesis.openapi.media_type("image/jpeg", st.sampled_from([media.jpeg()]))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """The same key with another body is refused (422, draft-ietf-httpapi-idempotency-key-header): each gets its own."""
    key = (case.headers or {}).get(KEY)
    if isinstance(key, str) and 1 <= len(key) <= 160 and key.isascii() and key.isprintable() and " " not in key:
        case.headers[KEY] = f"{key}{uuid4().hex}"
