"""`fiveplusn import`: a file of demands, row by row; every row ends as one of four things, and the sums are printed."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from ops.client import OPERATOR, Client, Refused
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json, with_client
from ops.embedded.keys import Bearer
from ops.embedded.processes import StackError
from ops.importing.fields import OPEN
from ops.importing.profile import FOLDER, Profile
from ops.importing.reading import FileRow, Sheet, read, samples
from services.intake.domain.asked import WorkOrder
from shared.rules.township import SHANGHAI

BATCH = 200
BATCH_BYTES = 700_000
"""A request may have 1 MiB."""
ENDS = {"accepted": "接收", "duplicate": "重复", "rejected": "退回", "quarantined": "隔离"}
SHOWN = 50
FEEDER = Bearer("feeder")
app = typer.Typer(no_args_is_help=True, help="导入批次：合计、退回的行与更正情况")


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV、XLSX、XLS 或 ODS 文件")],
    profile: Annotated[
        str | None, typer.Option(help="列对应关系：YAML 文件，或 config/import 中的名称；不写则按列名选择")
    ] = None,
    atomic: Annotated[bool, typer.Option("--atomic", help="全部成功或全部不导入")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只读取和检查，不发送")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="把合计写入此文件")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """导入诉求：每一行都有结果（接收、重复、退回、隔离），并打印合计。"""
    mapping, sheet = open_file(file, profile)
    console.print(f"{escape(sheet.writing)}；{len(sheet.rows)} 行；列对应关系 {mapping.source}", highlight=False)
    rows = [as_sent(mapping, row) for row in sheet.rows]
    if dry_run:
        _show_reading(mapping, sheet, rows)
        return
    run, ends = with_client(data, lambda client: send(client, mapping, sheet, rows, atomic=atomic))
    sums = Counter(end["result"] for end in ends)
    summary: dict[str, Any] = {"run": run, "rows": len(sheet.rows)} | {end: sums[end] for end in ENDS}
    _show(ends, summary)
    if json_file:
        json_file.write_text(json.dumps(summary) + "\n")
    if sum(sums.values()) != len(sheet.rows) or sums.keys() - ENDS.keys():
        raise StackError("sums_differ", "合计与行数不符")


def open_file(file: Path, profile: str | None) -> tuple[Profile, Sheet]:
    """The file and the profile that it is read by; raises `StackError`."""
    if profile is None:
        return _fitting(file)
    mapping = _load(Path(profile) if Path(profile).suffix else FOLDER / f"{profile}.yaml")
    sheet = read(file, mapping.wanted)
    if missing := mapping.check_headings(sheet.headings):
        hint = f"。{mapping.hint}" if mapping.hint else ""
        raise StackError("missing_columns", f"文件（{sheet.writing}）缺少列：{'、'.join(missing)}{hint}")
    return mapping, sheet


def _fitting(file: Path) -> tuple[Profile, Sheet]:
    """The profile of `config/import` that knows most of the headings."""
    profiles = [_load(path) for path in sorted(FOLDER.glob("*.yaml"))]
    sheet = read(file, frozenset().union(*(profile.wanted for profile in profiles)))
    fitting = [profile for profile in profiles if not profile.check_headings(sheet.headings)]
    if not fitting:
        raise StackError("no_profile", f"文件（{sheet.writing}）的列名不符合任何列对应关系，请用 --profile 指定")
    return max(fitting, key=lambda profile: len(profile.known.intersection(sheet.headings))), sheet


def _load(path: Path) -> Profile:
    try:
        return Profile.load(path)
    except FileNotFoundError:
        raise StackError("no_profile", f"找不到列对应关系 {path}") from None
    except ValidationError as error:
        raise StackError("bad_profile", f"列对应关系有误：{error}") from None


def as_sent(mapping: Profile, row: FileRow) -> dict[str, Any]:
    """A row as intake takes it; what the reading found wrong with it goes along, so that it is remembered there."""
    found = mapping.row(row.cells)
    problems = [{"pointer": place, "code": code, "words": words} for place, code, words in found.problems[:20]]
    if row.problem:
        problems = [{"pointer": "", "code": row.problem[0], "words": row.problem[1]}]
    sent = {"row": row.number, "order": found.order, "problems": problems}
    if found.complaint:
        sent["complaint"] = found.complaint
    if len(_bytes(sent)) > BATCH_BYTES:
        problem = {"pointer": "", "code": "too_long", "words": "内容过长"}
        number = {"number": found.order["number"]} if len(str(found.order.get("number", "x" * 65))) <= 64 else {}
        return {"row": row.number, "order": number, "problems": [problem]}
    return sent


async def send(
    client: Client, mapping: Profile, sheet: Sheet, rows: Sequence[dict[str, Any]], *, atomic: bool
) -> tuple[str, list[dict[str, Any]]]:
    """The run, and how every row ended."""
    file = {"source": mapping.source, "checksum": sheet.checksum, "rows": len(rows), "atomic": atomic}
    run = (await client.post("intake", "/imports", FEEDER, file))["id"]
    ends: list[dict[str, Any]] = []
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("导入", total=len(rows))
        for batch in _batches(rows):
            ends += (await client.post("intake", f"/imports/{run}/rows", FEEDER, {"rows": batch}))["rows"]
            progress.advance(bar, len(batch))
    try:
        done = await client.post("intake", f"/imports/{run}/finish", FEEDER)
    except Refused:
        await client.post("intake", f"/imports/{run}/drop", FEEDER)
        raise
    if atomic:
        ends = [{"result": end} for end in ENDS for _ in range(done[end])]
    return run, ends


def _batches(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        length = len(_bytes(row))
        if batch and (len(batch) == BATCH or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    yield batch


def _bytes(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _show(ends: Sequence[dict[str, Any]], summary: dict[str, Any]) -> None:
    table = Table("行数", *ENDS.values())
    table.add_row(str(summary["rows"]), *(str(summary[end]) for end in ENDS))
    console.print(table)
    for end in [end for end in ends if end["result"] in ("rejected", "quarantined")][:SHOWN]:
        console.print(escape(f"第 {end['row']} 行 {ENDS[end['result']]}：{end['reason']}"), highlight=False)
    console.print(f"导入批次 {summary['run']}", highlight=False)


def _show_reading(mapping: Profile, sheet: Sheet, rows: Sequence[dict[str, Any]]) -> None:
    """How the file was understood. Columns that may be personal are not shown."""
    known = mapping.wanted.intersection(sheet.headings)
    shown = [heading for heading in sheet.headings if mapping.field(heading) in OPEN]
    table = Table(*map(escape, shown), title="前三行（不含个人信息）")
    for cells in samples(sheet, shown):
        table.add_row(*map(escape, cells))
    console.print(table)
    if others := [heading for heading in sheet.headings if heading not in known]:
        console.print(escape(f"未对应的列（随工单密封保存，或忽略）：{'、'.join(others)}"), highlight=False)
    wrong = [(row["row"], problem) for row in rows for problem in _problems(row)]
    for number, problem in wrong[:SHOWN]:
        console.print(escape(f"第 {number} 行 {problem}"), highlight=False)
    count = len({number for number, _ in wrong})
    console.print(f"{len(rows)} 行中 {count} 行有误。未发送。", highlight=False)


def _problems(row: dict[str, Any]) -> list[str]:
    """What intake would refuse in this row, as far as the row alone shows it."""
    if row["problems"]:
        return [f"{problem['pointer']} {problem['words']}".strip() for problem in row["problems"]]
    try:
        WorkOrder.model_validate(row["order"])
    except ValidationError as error:
        return ["/".join(("", *map(str, wrong["loc"]))) for wrong in error.errors()]
    return []


@app.command("list")
def list_runs(as_json: AsJson = False, data: Data = DEFAULT_DATA) -> None:
    """列出导入批次。"""
    runs = with_client(data, lambda client: client.get("intake", "/imports", OPERATOR))
    if as_json:
        return print_json(runs)
    table = Table()
    for heading in ("批次", "来源", "开始", "状态", "行数", *ENDS.values(), "未更正"):
        table.add_column(heading, overflow="fold")
    for run in runs:
        begun = datetime.fromisoformat(run["begun_at"]).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        sums = (str(run[name]) for name in ("rows", *ENDS, "open_rejections"))
        table.add_row(run["id"], run["source"], begun, run["state"], *sums)
    console.print(table if runs else "没有导入批次。")


@app.command("show")
def show_run(
    run: Annotated[str, typer.Argument(help="批次编号")], as_json: AsJson = False, data: Data = DEFAULT_DATA
) -> None:
    """显示一个批次：合计，以及退回的行错在哪里（不含内容）。"""
    found = with_client(data, lambda client: client.get("intake", f"/imports/{run}", OPERATOR))
    if as_json:
        return print_json(found)
    _show([], {"run": found["id"]} | {name: found[name] for name in ("rows", *ENDS)})
    for rejection in found["rejections"]:
        problems = "；".join(f"{p['pointer']} {p['words']}".strip() for p in rejection["problems"])
        by = rejection["replaced_by"]
        state = f"，已由批次 {by['run']} 第 {by['row']} 行更正" if by else ""
        console.print(escape(f"第 {rejection['row']} 行：{problems}{state}"), highlight=False)
