"""`fiveplusn`: the town IT team's command."""

import sys

import typer

from ops.client import Refused
from ops.commands import (
    api_keys,
    backup,
    bench,
    check,
    clock,
    demo,
    dispatch_rules,
    erasures,
    events,
    exports,
    forks,
    imports,
    journey,
    quarantine,
    rates,
    restore,
    rotate_key,
    secrets,
    token,
    up,
)
from ops.embedded.processes import StackError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="五加N：镇街接诉即办事件驱动系统"
)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("import")(imports.import_file)
app.command("export")(exports.export_file)
app.command("journey")(journey.journey)
app.command("token")(token.token)
app.command("bench")(bench.measure)
app.command("secrets")(secrets.secrets)
app.command("check")(check.check)
app.command("backup")(backup.backup)
app.command("rotate-key")(rotate_key.rotate_key)
app.command("restore")(restore.restore)
app.command("forks")(forks.forks)
app.add_typer(api_keys.app, name="api-key")
app.add_typer(imports.app, name="imports")
app.add_typer(events.app, name="events")
app.add_typer(clock.app, name="clock")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(rates.app, name="rates")
app.add_typer(dispatch_rules.app, name="dispatch-rules")
app.add_typer(erasures.app, name="erasures")


def main() -> None:
    """Run a command; what goes wrong is said in Chinese with a stable code, without a traceback."""
    try:
        app()
    except StackError as error:
        sys.exit(f"{error.code}: {error.words}" + (f"\n{error.log}" if error.log else ""))
    except Refused as error:
        sys.exit(str(error))
