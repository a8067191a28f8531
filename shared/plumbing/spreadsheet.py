"""表格文件: lines as CSV, which a spreadsheet opens and does not run."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from litestar import Response

from shared.plumbing.guard import guarded
from shared.rules.township import SHANGHAI

CSV = "text/csv"
"""As the answer's Content-Type says; a text gets its charset from the server."""


def cell(value: object) -> str:
    """A value as people write it: times in Asia/Shanghai with the offset, 是 or 否, nothing for what is not known."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case datetime():
            return value.astimezone(SHANGHAI).isoformat()
        case _:
            return str(value)


def csv_file(headings: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    """RFC 4180, UTF-8 with a byte order mark, by which Excel knows it; no cell is run as a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([guarded(cell(value)) for value in line] for line in lines)
    return text.getvalue().encode("utf-8-sig")


def download(content: bytes, name: str) -> Response[bytes]:
    """A CSV file under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=CSV, headers=headers)
