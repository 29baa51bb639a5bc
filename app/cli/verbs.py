"""The verbs by their names."""

from __future__ import annotations

import typer

from app.cli import data, people, rounds, safety, server, webhooks
from app.cli.frame import Verbs

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Qinlian 勤廉: run and look after an installation.",
)
app.command()(server.serve)
app.command()(server.migrate)
app.command()(data.demo)
app.command()(data.seed)
app.command("add-user")(people.add_user)
app.command("add-client")(people.add_client)
app.command()(safety.backup)
app.command()(safety.restore)
app.command("verify-audit")(safety.verify_audit)
app.command()(safety.check)
app.command("export-openapi")(server.export_openapi)
app.add_typer(rounds.app, name="rounds")
app.add_typer(webhooks.app, name="webhooks")


def main() -> None:
    app(prog_name="qinlian")
