"""webhooks: the outbox, for installations that send from cron instead of the server's own thread."""

from __future__ import annotations

import typer

from app.cli.frame import JsonFlag, answer, database

app = typer.Typer(no_args_is_help=True, help="Outgoing webhooks.")


@app.callback()
def webhooks() -> None:
    """Outgoing webhooks: messages that wait to be sent."""


@app.command("deliver")
def deliver(json_: JsonFlag = False) -> None:
    """Send what is due now. Several may run at once: no message is sent twice at the same time."""
    from app.communities.webhooks import delivery

    told = {"delivered": 0, "waiting": 0, "given_up": 0}
    with database() as db:
        while any((done := delivery.deliver_due(db)).values()):
            told = {key: told[key] + n for key, n in done.items()}
    answer(told, json_, ", ".join(f"{key} {n}" for key, n in told.items()))
