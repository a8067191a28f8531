"""分办规则的文件: read and checked in words, whichever service they are for."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import yaml
from pydantic import ValidationError

from ops.embedded.processes import StackError
from shared.plumbing.settings import read_yaml
from shared.rules.broken import RuleBroken
from shared.rules.routing import Rules, check_all
from shared.rules.township import Dated, Town

R = TypeVar("R", bound=Rules[Any])
Config = Annotated[Path, typer.Option(help="配置目录（township.yaml 所在）")]


def read(file: Path, kind: type[R], name: str) -> Dated[R]:
    """The rules of this kind in a file; raises `StackError` in words. `name`: what people call them."""
    try:
        return Dated[kind].model_validate(read_yaml(file))  # type: ignore[valid-type]
    except FileNotFoundError:
        raise StackError("no_rules", f"找不到{name} {file}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise StackError("not_yaml", f"{file} 不是有效的 YAML（UTF-8）") from None
    except ValidationError as error:
        lines = [f"/{'/'.join(map(str, one['loc']))} {one['msg']}" for one in error.errors()]
        raise StackError("bad_rules", f"{name}有误：\n" + "\n".join(lines)) from None


def check(file: Path, kind: type[R], name: str, config: Path) -> None:
    """Whether everything that the rules name exists in this configuration; raises `StackError` in words."""
    rules = read(file, kind, name)
    town = Town.model_validate(read_yaml(config / "township.yaml")["town"])
    try:
        check_all(rules.versions, town)
    except RuleBroken as broken:
        lines = [f"{reason.pointer} {reason.words}" for reason in broken.reasons]
        raise StackError("bad_rules", f"{name}有误：\n" + "\n".join(lines)) from None
    for version in rules.versions:
        typer.echo(f"{version.version}：{len(version.rules)} 条规则，{len(version.rosters)} 张值班表，无误。")
