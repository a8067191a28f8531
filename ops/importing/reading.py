"""Rows of a CSV or XLSX file as text. An XLSX is read in a child process with limits: one cell can kill its reader."""

import csv
import io
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ops.embedded.processes import StackError

MAX_UNPACKED = 50 * 2**20
MAX_RATIO = 100
MAX_ENTRIES = 200
MAX_ROWS = 50_000
MAX_COLUMNS = 60
MEMORY = 2**30
SECONDS = 20

Row = tuple[int, dict[str, str]]
"""Number in the file (the heading is 1), heading → text."""


def rows(path: Path) -> tuple[list[str], Iterator[Row]]:
    """The headings, and the rows with their numbers; raises `StackError` when the file as a whole cannot be read."""
    if not path.is_file():
        raise StackError("no_file", f"找不到文件 {path}")
    lines = _xlsx(path) if path.suffix.lower() in (".xlsx", ".xls", ".ods") else _csv(path)
    if not lines:
        raise StackError("empty_file", "文件为空")
    headings = [text.strip() for text in lines[0]]
    if len(lines) > MAX_ROWS + 1 or len(headings) > MAX_COLUMNS:
        raise StackError("too_many_rows", f"最多 {MAX_ROWS} 行、{MAX_COLUMNS} 列")
    return headings, (
        (number, dict(zip(headings, line, strict=False)))
        for number, line in enumerate(lines[1:], 2)
        if any(text.strip() for text in line)
    )


def _csv(path: Path) -> list[list[str]]:
    """UTF-8 (with or without a byte order mark) or UTF-16 by its mark, else GB18030; an unclosed quote is an error."""
    raw = path.read_bytes()
    for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise StackError("bad_encoding", "文件既不是 UTF-8，也不是 GB18030")
    csv.field_size_limit(2**20)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise StackError("bad_csv", f"CSV 格式有误：{error}") from None


def _xlsx(path: Path) -> list[list[str]]:
    _check_package(path)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ops.importing.reading", str(path)],
            capture_output=True,
            timeout=SECONDS * 2,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StackError("file_too_heavy", "表格文件过大，读取超时") from None
    if done.returncode != 0:
        raise StackError("bad_xlsx", "表格文件无法读取，或超出内存限制")
    return [json.loads(line) for line in done.stdout.splitlines()]


def _check_package(path: Path) -> None:
    """An XLSX is a ZIP: refuse a bomb before anybody unpacks it."""
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
    except zipfile.BadZipFile:
        raise StackError("bad_xlsx", "不是有效的表格文件") from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
        raise StackError("file_too_heavy", "表格文件解压后过大")


def _read_sheet(path: str) -> None:
    """The child: limits first, then the first sheet, one JSON array of texts a line."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    for line in sheet.to_python():
        sys.stdout.write(json.dumps([_text(cell) for cell in line], ensure_ascii=True) + "\n")


def _text(cell: object) -> str:
    """A whole number that a sheet keeps as 12.0 is 12; a date is written as people write it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


if __name__ == "__main__":
    _read_sheet(sys.argv[1])
