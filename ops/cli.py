"""`fiveplusn`: the town IT team's command."""

import sys
from importlib import import_module

import typer

from ops.client import Refused
from ops.embedded.processes import StackError

COMMANDS = {
    "up": "up.up",
    "demo": "demo.demo",
    "import": "imports.import_file",
    "export": "exports.export_file",
    "journey": "journey.journey",
    "token": "token.token",
    "login": "login.login",
    "bench": "bench.measure",
    "secrets": "secrets.secrets",
    "check": "check.check",
    "backup": "backup.backup",
    "rotate-key": "rotate_key.rotate_key",
    "restore": "restore.restore",
    "forks": "forks.forks",
}
"""Command → where it stands in `ops.commands`."""
GROUPS = {
    "api-key": "api_keys",
    "imports": "imports",
    "events": "events",
    "clock": "clock",
    "dashboard": "dashboard",
    "quarantine": "quarantine",
    "rates": "rates",
    "dispatch-rules": "dispatch_rules",
    "whistle-rules": "whistle_rules",
    "erasures": "erasures",
}
"""Commands with commands of their own."""


def application(asked: str | None = None) -> typer.Typer:
    """The command line; only what is asked for is loaded, since half of the town takes seconds."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="五加N：镇街接诉即办事件驱动系统",
    )
    app.callback()(lambda: None)
    known = asked in COMMANDS or asked in GROUPS
    for name, place in COMMANDS.items():
        if not known or name == asked:
            module, _, function = place.partition(".")
            app.command(name)(getattr(import_module(f"ops.commands.{module}"), function))
    for name, module in GROUPS.items():
        if not known or name == asked:
            app.add_typer(import_module(f"ops.commands.{module}").app, name=name)
    return app


def main() -> None:
    """Run a command; what goes wrong is said in Chinese with a stable code, without a traceback."""
    try:
        application(sys.argv[1] if len(sys.argv) > 1 else None)()
    except StackError as error:
        sys.exit(f"{error.code}: {error.words}" + (f"\n{error.log}" if error.log else ""))
    except Refused as error:
        sys.exit(str(error))
