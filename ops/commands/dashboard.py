"""`fiveplusn dashboard rebuild`: the dashboard from empty, and whether it is the same again."""

import asyncio
from typing import Annotated, Any

import typer
from rich.table import Table

from ops.client import Address
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json
from ops.embedded.keys import Keys
from ops.embedded.stack import ROOT
from services.dashboard.main import PLAN
from services.dashboard.rebuild import Content, Rebuilt
from services.dashboard.rebuild import rebuild as build_again
from shared.plumbing.service import Service
from shared.plumbing.settings import Mode, Settings

app = typer.Typer(no_args_is_help=True, help="看板")
app.callback()(lambda: None)


@app.command("rebuild")
def rebuild(
    verify: Annotated[bool, typer.Option("--verify", help="内容与重建前不一致时以 1 退出")] = False,
    as_json: AsJson = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """清空看板并从各主题重新读取全部事实，再与重建前逐社区核对。

    看板可以照常运行：重建期间新到的事实不会丢失，也不会重复。核对的是内容（事实、归属、关联），不是序号：序号只增不减，
    订阅者会按新序号把全部事实再收到一次，按事实编号（id）去重即可。中断后再运行一次即可，仍与最初的内容核对。
    生产环境在看板的容器内运行：python -m services.dashboard.rebuild --verify（使用看板自己的设置）。
    """
    found = asyncio.run(_rebuild(Address.read(data)))
    if as_json:
        print_json(_plain(found))
    else:
        console.print(_table(found))
        console.print(
            f"重新读取 {found.heard} 条，用时 {found.seconds:.1f} 秒：{'内容一致' if found.same else '内容不一致'}。"
        )
        if found.missing:
            console.print(f"[red]missing[/red] 有 {found.missing} 条事实流尚未全部读到，请稍后再运行一次。")
    raise typer.Exit(1 if verify and not found.same else 0)


async def _rebuild(address: Address) -> Rebuilt:
    keys = Keys(address.data)
    settings = Settings(
        service=PLAN.name,
        mode=Mode.EMBEDDED,
        database_url=address.databases[PLAN.name],
        kafka=address.kafka,
        config=ROOT / "config",
        master_key_file=keys.master_key,
        jwks_file=keys.jwks,
    )
    service = await Service.open(PLAN, settings)
    try:
        return await build_again(service)
    finally:
        await service.pool.close()


def _plain(found: Rebuilt) -> dict[str, Any]:
    def told(one: Content) -> dict[str, Any]:
        communities = {name or "-": {"facts": n, "digest": digest} for name, (n, digest) in one.communities.items()}
        return {
            "facts": one.facts,
            "digest": one.digest,
            "links": one.links,
            "standing": one.standing,
            "communities": communities,
        }

    return {
        "same": found.same,
        "missing": found.missing,
        "heard": found.heard,
        "seconds": round(found.seconds, 1),
        "before": told(found.before),
        "after": told(found.after),
    }


def _table(found: Rebuilt) -> Table:
    shown = Table("社区", "事实", "重建前", "重建后", title="看板重建", title_justify="left")
    nothing = (0, "")
    for name in sorted(found.before.communities.keys() | found.after.communities.keys()):
        (facts, before), (_, after) = (
            found.before.communities.get(name, nothing),
            found.after.communities.get(name, nothing),
        )
        shown.add_row(name or "全镇", str(facts), before[:12], after[:12] if before == after else f"[red]{after[:12]}")
    shown.add_row("合计", str(found.before.facts), found.before.digest[:12], found.after.digest[:12])
    shown.add_row("关联", "", found.before.links[:12], found.after.links[:12])
    shown.add_row("现状", "", found.before.standing[:12], found.after.standing[:12])
    return shown
