"""`fiveplusn dispatch-rules`: are new rules sound, and where would the past have gone by them?"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ops.client import Client
from ops.commands import rule_files
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json, with_client
from ops.commands.rule_files import Config
from ops.embedded.keys import Bearer
from services.intake.domain.dispatch_rules import DispatchRules
from shared.rules.township import SHANGHAI

NAME = "派单规则"
app = typer.Typer(no_args_is_help=True, help=NAME)
SUPERVISOR = Bearer("supervisor")
File = Annotated[Path, typer.Argument(help="派单规则（YAML，同 config/dispatch.yaml）")]


@app.command("check")
def check(file: File, config: Config = Path("config")) -> None:
    """检查派单规则：格式、末条规则，以及单位、分类、社区（村）、地点是否都存在。"""
    rule_files.check(file, DispatchRules, NAME, config)


@app.command("dry-run")
def dry_run(
    file: File,
    start: Annotated[str, typer.Option("--from", help="受理时间起，例如 2024-02-01；不带时区则为北京时间")],
    until: Annotated[str, typer.Option("--until", help="受理时间止（不含）")],
    as_json: AsJson = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """试算：用文件中最新一版规则重派某段时间的诉求，与现行规则和实际派单比较；不改动任何数据。"""
    rules = rule_files.read(file, DispatchRules, NAME).versions[-1].model_dump(mode="json")
    body = {"rules": rules, "start": _moment(start), "until": _moment(until)}

    async def go(client: Client) -> dict[str, Any]:
        found: dict[str, Any] = await client.post("intake", "/dispatch-rules/dry-run", SUPERVISOR, body)
        return found

    found = with_client(data, go)
    if as_json:
        return print_json(found)
    table = Table("单位", "试算", "现行规则", "实际", title="各单位件数", title_justify="left")
    for one in found["units"]:
        table.add_row(one["name"], *(str(one[which]) for which in ("now", "before", "really")))
    console.print(table)
    typer.echo(f"诉求 {found['complaints']} 件，与现行规则不同的 {found['changed']} 件。")
    for which, words in (("now", "试算"), ("before", "现行规则")):
        rate = found["hits"][which]
        first, last = ("—" if rate[name] is None else f"{rate[name]}%" for name in ("first_rate", "last_rate"))
        typer.echo(f"{words}命中率：首次派单 {first}，最终主办 {last}。")


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("时间须为 ISO 8601，例如 2024-02-01 或 2024-02-01T09:00:00+08:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).isoformat()
