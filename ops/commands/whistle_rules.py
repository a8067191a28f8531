"""`fiveplusn whistle-rules`: are new rules sound, and who would lead what is open by them?"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ops.client import Client
from ops.commands import rule_files
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json, with_client
from ops.commands.rule_files import Config
from ops.embedded.keys import Bearer
from services.escalation.domain.routing import WhistleRules

NAME = "吹哨分办规则"
SUPERVISOR = Bearer("supervisor")
app = typer.Typer(no_args_is_help=True, help=NAME)
File = Annotated[Path, typer.Argument(help="吹哨分办规则（YAML，同 config/whistles.yaml）")]


@app.command("check")
def check(file: File, config: Config = Path("config")) -> None:
    """检查吹哨分办规则：格式、末条规则，以及单位、分类、社区（村）、地点是否都存在。"""
    rule_files.check(file, WhistleRules, NAME, config)


@app.command("dry-run")
def dry_run(file: File, as_json: AsJson = False, data: Data = DEFAULT_DATA) -> None:
    """试算：用文件中最新一版规则为未解决的吹哨事项建议主责部门，与现行规则和实际主责比较；不改动任何数据。"""
    rules = rule_files.read(file, WhistleRules, NAME).versions[-1].model_dump(mode="json")

    async def go(client: Client) -> dict[str, Any]:
        found: dict[str, Any] = await client.post("escalation", "/whistle-rules/dry-run", SUPERVISOR, {"rules": rules})
        return found

    found = with_client(data, go)
    if as_json:
        return print_json(found)
    table = Table("部门", "试算", "现行规则", "实际", title="各部门主责件数", title_justify="left")
    for one in found["units"]:
        table.add_row(one["name"], *(str(one[which]) for which in ("now", "before", "really")))
    console.print(table)
    typer.echo(f"未解决的吹哨事项 {found['issues']} 件，与现行规则不同的 {found['changed']} 件。")
