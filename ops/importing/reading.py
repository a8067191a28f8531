"""Rows of a CSV or spreadsheet file as text. A spreadsheet is read in a child process with limits: one cell can kill its
reader."""

import csv
import hashlib
import io
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ops.embedded.processes import StackError
from ops.importing.fields import plain_heading

MAX_FILE = 20 * 2**20
MAX_UNPACKED = 50 * 2**20
MAX_RATIO = 100
MAX_ENTRIES = 200
MAX_ROWS = 50_000
MAX_COLUMNS = 120
"""Our own export has half as many columns."""
MEMORY = 2**30
SECONDS = 20
SPREADSHEETS = (".xlsx", ".xls", ".ods")
DELIMITERS = {",": "逗号", ";": "分号", "\t": "制表符"}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How an old or an encrypted Office file begins."""
_ENCODINGS = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030"}
_SAFE_INTEGER = 10**15
"""A sheet keeps numbers with fifteen digits; of a longer one the last are lost."""
_CHILD_SAYS = {
    "too_many_rows": f"最多 {MAX_ROWS} 行、{MAX_COLUMNS} 列",
    "file_too_heavy": "表格文件过大",
    "unsafe_xlsx": "表格文件含有宏、外部链接或实体声明，不予读取",
    "encrypted_xlsx": "表格文件已加密，请先取消密码",
    "bad_xlsx": "表格文件无法读取，或超出内存限制",
}


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row: its number in the file (the heading is 1), heading → text, and what is wrong with it as a row."""

    number: int
    cells: dict[str, str]
    problem: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it was read. `writing`: how it was written, in words; `checksum`: SHA-256 of its bytes."""

    headings: list[str]
    rows: list[FileRow]
    writing: str
    checksum: str


def read(path: Path, wanted: Iterable[str] = ()) -> Sheet:
    """The headings and all rows that are not blank; `wanted`: headings by which the delimiter is found.

    Raises `StackError` when the file as a whole cannot be read.
    """
    if not path.is_file():
        raise StackError("no_file", f"找不到文件 {path}")
    if path.stat().st_size > MAX_FILE:
        raise StackError("file_too_heavy", f"文件超过 {MAX_FILE // 2**20} MB")
    raw = path.read_bytes()
    if path.suffix.lower() in SPREADSHEETS:
        lines, writing = _spreadsheet(path, raw), path.suffix[1:].upper()
    else:
        lines, writing = _csv(raw, frozenset(wanted))
    if not lines or not any(text.strip() for text in lines[0]):
        raise StackError("empty_file", "文件为空，或第一行不是列名")
    if len(lines) > MAX_ROWS + 1 or len(lines[0]) > MAX_COLUMNS:
        raise StackError("too_many_rows", _CHILD_SAYS["too_many_rows"])
    headings = _headings(lines[0])
    rows = [
        _row(number, headings, line) for number, line in enumerate(lines[1:], 2) if any(text.strip() for text in line)
    ]
    if not rows:
        raise StackError("no_rows", "文件只有列名，没有数据行")
    return Sheet(headings, rows, writing, hashlib.sha256(raw).hexdigest())


def _headings(line: list[str]) -> list[str]:
    """Every column has a name of its own; one without a heading is called after its place."""
    named = [plain_heading(text) or f"第{place}列" for place, text in enumerate(line, 1)]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise StackError("duplicate_headings", f"列名重复：{'、'.join(twice)}")
    return named


def _row(number: int, headings: list[str], line: list[str]) -> FileRow:
    cells = dict(zip(headings, line, strict=False))
    if len(line) < len(headings) or any(text.strip() for text in line[len(headings) :]):
        return FileRow(number, cells, ("ragged_row", f"有 {len(line)} 个单元格，应为 {len(headings)} 个"))
    return FileRow(number, cells)


# ---------------------------------------------------------------------------------------------- CSV


def _csv(raw: bytes, wanted: frozenset[str]) -> tuple[list[list[str]], str]:
    """UTF-8 (with or without a byte order mark) or UTF-16 by its mark, else GB18030; an unclosed quote is an error.

    UTF-8 that is broken in one place can be read as GB18030 without an error: then no heading matches.
    """
    for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise StackError("bad_encoding", "文件既不是 UTF-8、UTF-16，也不是 GB18030")
    if not text.strip():
        raise StackError("empty_file", "文件为空")
    csv.field_size_limit(MAX_FILE)
    delimiter = max(DELIMITERS, key=lambda mark: _matches(text, mark, wanted))
    lines: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    try:
        for line in reader:
            lines.append(line)
            if len(lines) > MAX_ROWS + 1:
                break
    except csv.Error as error:
        start = f"第 {len(lines) + 1} 行起" if "unexpected end" in str(error) else f"第 {reader.line_num} 行"
        raise StackError("bad_csv", f"CSV 格式有误：{start}引号未成对，或引号后有多余文字") from None
    return lines, f"CSV，{_ENCODINGS[encoding]}，{DELIMITERS[delimiter]}分隔"


def _matches(text: str, delimiter: str, wanted: frozenset[str]) -> tuple[int, int]:
    """How many headings are wanted ones when the first line is cut so, and how many there are."""
    try:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return 0, 0
    return len({plain_heading(name) for name in first} & wanted), len(first)


# ---------------------------------------------------------------------------------------------- spreadsheets


def _spreadsheet(path: Path, raw: bytes) -> list[list[str]]:
    if raw[: len(_OLE)] == _OLE:
        if path.suffix.lower() != ".xls":
            raise StackError("encrypted_xlsx", _CHILD_SAYS["encrypted_xlsx"])
    else:
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
    lines = done.stdout.splitlines()
    if done.returncode != 0:
        said = lines[-1].decode("ascii", "replace") if lines else ""
        code = said if said in _CHILD_SAYS else "bad_xlsx"
        raise StackError(code, _CHILD_SAYS[code])
    return [json.loads(line) for line in lines]


def _check_package(path: Path) -> None:
    """XLSX and ODS are ZIPs: refuse a bomb before anybody unpacks it, and what has no place in a table."""
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise StackError("bad_xlsx", "不是有效的表格文件") from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
        raise StackError("file_too_heavy", "表格文件解压后过大")
    if any(entry.flag_bits & 1 for entry in entries):
        raise StackError("encrypted_xlsx", _CHILD_SAYS["encrypted_xlsx"])
    names = [entry.filename.lower() for entry in entries]
    if any(name.endswith("vbaproject.bin") or "externallinks/" in name or name.startswith("basic/") for name in names):
        raise StackError("unsafe_xlsx", _CHILD_SAYS["unsafe_xlsx"])


def _read_sheet(path: str) -> None:
    """The child: limits first, then the first sheet, one JSON array of texts a line; else one word and an error."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineWorkbook

    if zipfile.is_zipfile(path) and _declares_entities(path):
        _give_up("unsafe_xlsx")
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    if sheet.total_height > MAX_ROWS + 1 or sheet.total_width > MAX_COLUMNS:
        _give_up("too_many_rows")
    for line in sheet.to_python(skip_empty_area=False):
        sys.stdout.write(json.dumps([_text(cell) for cell in line], ensure_ascii=True) + "\n")


def _give_up(code: str) -> None:
    sys.stdout.write(code + "\n")
    sys.stdout.flush()
    sys.exit(1)


def _declares_entities(path: str) -> bool:
    """No spreadsheet needs a document type: it is there to blow up, or to fetch something from elsewhere."""
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if not name.lower().endswith((".xml", ".rels")):
                continue
            text = package.read(name)
            if b"\x00" in text[:4]:
                text = text.decode("utf-16", "replace").encode()
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                return True
    return False


def _text(cell: object) -> str:
    """A whole number that a sheet keeps as 12.0 is 12; a date cell is written as people write it, to the second."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell)) if abs(cell) < _SAFE_INTEGER else f"{cell:e}"
    if isinstance(cell, datetime):
        return str((cell + timedelta(milliseconds=500)).replace(microsecond=0))
    return str(cell)


def samples(sheet: Sheet, headings: Iterable[str], count: int = 3) -> Iterator[list[str]]:
    """The first rows, of these columns."""
    shown = list(headings)
    for row in sheet.rows[:count]:
        yield [row.cells.get(heading, "")[:40] for heading in shown]


if __name__ == "__main__":
    _read_sheet(sys.argv[1])
