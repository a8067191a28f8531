"""附件: what may be attached to a matter, and which files of it may be named."""

from collections.abc import Collection, Sequence
from typing import Annotated

from pydantic import Field

from shared.events.base import Value
from shared.rules.broken import Reason


class AttachmentTerms(Value):
    """附件的限额. `files`: of one matter, withdrawn ones not counted; `size`: bytes of one file; `pixels`: of a picture."""

    files: Annotated[int, Field(ge=1, le=100)]
    size: Annotated[int, Field(ge=1, le=100_000_000)]
    pixels: Annotated[int, Field(ge=1, le=100_000_000)]


def unknown_files(wanted: Sequence[str], kept: Collection[str], pointer: str) -> list[Reason]:
    """Reasons why these checksums cannot be named: no attachment of the matter has them, or they come twice."""
    return [
        Reason("attachment_unknown", "没有这个校验值的附件，请先上传", f"{pointer}/{number}")
        for number, sum in enumerate(wanted)
        if sum not in kept or sum in wanted[:number]
    ]
