"""附件: what may be attached to a matter."""

from typing import Annotated

from pydantic import Field

from shared.events.base import Value


class AttachmentTerms(Value):
    """附件的限额. `files`: of one matter, withdrawn ones not counted; `size`: bytes of one file; `pixels`: of a picture."""

    files: Annotated[int, Field(ge=1, le=100)]
    size: Annotated[int, Field(ge=1, le=100_000_000)]
    pixels: Annotated[int, Field(ge=1, le=100_000_000)]
