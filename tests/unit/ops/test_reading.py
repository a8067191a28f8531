"""Files as they come: every way of writing one, and every way of hurting its reader."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from ops.commands.imports import open_file
from ops.embedded.processes import StackError
from ops.importing import reading
from ops.importing.reading import Sheet, read

HEADINGS = ["工单编号", "来电时间", "标题", "主要内容"]
TEXT = "工单编号,来电时间,标题,主要内容\n1,2024-02-01 09:30,路灯,不亮\n2,2024-02-01 10:00,投诉,𠮷\n"
WORKBOOK = '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'


def written(folder: Path, content: bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(StackError) as error:
        read(path, HEADINGS)
    assert error.value.words
    return error.value.code


def sheet(path: Path) -> Sheet:
    return read(path, HEADINGS)


def book(path: Path, *rows: list[object]) -> Path:
    made = openpyxl.Workbook()
    assert made.active is not None
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


def repacked(path: Path, **changes: str | bytes) -> Path:
    """The package with these members added or replaced (`__` stands for a slash)."""
    new = {name.replace("__", "/"): content for name, content in changes.items()}
    with zipfile.ZipFile(path) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (kept | new).items():
            package.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("gb18030", "GB18030"),
    ],
)
@pytest.mark.parametrize(("delimiter", "word"), [(",", "逗号"), (";", "分号"), ("\t", "制表符")])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_writing_gives_the_same_rows(
    tmp_path: Path, encoding: str, said: str, delimiter: str, word: str, end: str
) -> None:
    found = sheet(written(tmp_path, TEXT.replace(",", delimiter).replace("\n", end).encode(encoding)))
    assert found.headings == HEADINGS
    assert [list(row.cells.values()) for row in found.rows] == [
        ["1", "2024-02-01 09:30", "路灯", "不亮"],
        ["2", "2024-02-01 10:00", "投诉", "𠮷"],
    ]
    assert [row.number for row in found.rows] == [2, 3]
    assert said in found.writing
    assert word in found.writing


def test_utf_16_without_its_mark_and_other_bytes_are_no_text_we_know(tmp_path: Path) -> None:
    assert refused(written(tmp_path, b"\x81\xff\xff\xfe")) == "bad_encoding"


def test_broken_utf_8_that_can_be_read_as_gb18030_has_no_heading_of_ours(tmp_path: Path) -> None:
    broken = TEXT.encode() + b"3,2024-02-01 11:00,\xb2\xe9,\xb2\xe9\n"
    with pytest.raises(UnicodeDecodeError):
        broken.decode()
    found = sheet(written(tmp_path, broken))
    assert "GB18030" in found.writing
    assert not set(found.headings) & set(HEADINGS)
    with pytest.raises(StackError) as error:
        open_file(written(tmp_path, broken), "hotline")
    assert error.value.code == "missing_columns"
    assert "GB18030" in error.value.words


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty_file"),
        ("\n\n", "empty_file"),
        (",,\n1,2,3\n", "empty_file"),
        ("工单编号,标题\n", "no_rows"),
        ("工单编号,标题\n ,\n", "no_rows"),
        ("标题,工单编号,标题\n1,2,3\n", "duplicate_headings"),
        ('工单编号,标题\n1,"未完\n2,下一行\n3,再下一行\n', "bad_csv"),
        ('工单编号,标题\n1,"完"了\n', "bad_csv"),
        ("标题\n" + "x\n" * 50_001, "too_many_rows"),
        (",".join(map(str, range(121))) + "\n" + ",".join("x" * 121) + "\n", "too_many_rows"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused(tmp_path: Path, content: str, code: str) -> None:
    assert refused(written(tmp_path, content.encode())) == code


def test_an_unclosed_quote_says_where_it_begins(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="bad_csv") as error:
        read(written(tmp_path, '工单编号,标题\n1,好\n2,"未完\n3,下一行\n'.encode()))
    assert "第 3 行起" in error.value.words


def test_too_large_a_file_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(reading.MAX_FILE + 1)
    assert refused(path) == "file_too_heavy"


def test_a_ragged_row_is_a_problem_of_that_row_alone(tmp_path: Path) -> None:
    found = sheet(written(tmp_path, "工单编号,标题\n1,好\n2\n3,好,多\n4,好,\n".encode()))
    assert [row.problem and row.problem[0] for row in found.rows] == [None, "ragged_row", "ragged_row", None]


def test_a_heading_is_the_same_in_full_width_and_a_column_without_one_has_its_place(tmp_path: Path) -> None:
    found = sheet(written(tmp_path, " ＱＱ ,,标题\n1,2,3\n".encode()))
    assert found.headings == ["QQ", "第2列", "标题"]


# ---------------------------------------------------------------------------------------------- spreadsheets


def test_cells_of_a_sheet_are_read_by_their_kind(tmp_path: Path) -> None:
    cells: list[object] = [12.0, datetime(2024, 2, 1, 9, 30), date(2024, 2, 1), 45323.396, 20240201, True, "'x", None]
    cells.append(123456789012345678)
    headings: list[object] = [f"c{n}" for n in range(len(cells))]
    (row,) = sheet(book(tmp_path / "a.xlsx", headings, cells)).rows
    assert list(row.cells.values()) == [
        "12",
        "2024-02-01 09:30:00",
        "2024-02-01",
        "45323.396",
        "20240201",
        "是",
        "'x",
        "",
        "1.234568e+17",
    ]


def test_a_package_that_is_none_and_one_that_is_too_much_are_refused(tmp_path: Path) -> None:
    assert refused(written(tmp_path, b"not a zip", "a.xlsx")) == "bad_xlsx"
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b" " * (60 * 2**20))
    assert refused(written(tmp_path, bomb.getvalue(), "b.xlsx")) == "file_too_heavy"
    many = repacked(book(tmp_path / "c.xlsx", ["a"], ["b"]), **{f"xl__x{n}.xml": "<a/>" for n in range(201)})
    assert refused(many) == "file_too_heavy"


def test_a_far_cell_does_not_take_the_machine(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["工单编号"], ["1"])
    with zipfile.ZipFile(path) as package:
        page = package.read("xl/worksheets/sheet1.xml").decode()
    far = page.replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    assert refused(repacked(path, **{"xl__worksheets__sheet1.xml": far})) in ("bad_xlsx", "too_many_rows")


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_anybody_expands_them(tmp_path: Path, attack: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{attack}{WORKBOOK}'
    path = repacked(book(tmp_path / "a.xlsx", ["a"], ["b"]), **{"xl__workbook.xml": text.encode(encoding)})
    assert refused(path) == "unsafe_xlsx"


@pytest.mark.parametrize("name", ["xl__vbaProject.bin", "xl__externalLinks__externalLink1.xml"])
def test_macros_and_links_to_elsewhere_have_no_place_in_a_table(tmp_path: Path, name: str) -> None:
    assert refused(repacked(book(tmp_path / "a.xlsx", ["a"], ["b"]), **{name: "x"})) == "unsafe_xlsx"


def test_an_encrypted_file_is_named_as_such(tmp_path: Path) -> None:
    assert refused(written(tmp_path, bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "a.xlsx")) == "encrypted_xlsx"
    path = book(tmp_path / "b.xlsx", ["a"], ["b"])
    raw = bytearray(path.read_bytes())
    for place in range(len(raw) - 4):
        if raw[place : place + 4] == b"PK\x01\x02":
            raw[place + 8] |= 1
    path.write_bytes(raw)
    assert refused(path) == "encrypted_xlsx"


def test_a_broken_old_sheet_ends_the_child_and_not_us(tmp_path: Path) -> None:
    assert refused(written(tmp_path, bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096), "a.xls")) == "bad_xlsx"


def test_a_sheet_with_too_many_rows_or_columns_is_refused(tmp_path: Path) -> None:
    assert refused(book(tmp_path / "a.xlsx", list(range(121)), list(range(121)))) == "too_many_rows"
