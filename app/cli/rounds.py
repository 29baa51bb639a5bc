"""rounds: what cron calls."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import typer

from app.cli.frame import JsonFlag, Operator, answer, database, settings
from app.operations.errors import OperatorError

app = typer.Typer(no_args_is_help=True, help="Evaluation rounds.")


@app.callback()
def rounds() -> None:
    """Evaluation rounds: what is due by its schedule."""


@app.command("run-due")
def run_due(
    json_: JsonFlag = False,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="A date (the end of that day) or an instant with its zone; not in production."),
    ] = None,
) -> None:
    """Open, remind, close and publish whatever is due. Run it from cron as often as you like."""
    from app.projects import evaluation  # noqa: F401 - finds the project that a round is about, hears of its end
    from app.surveys.rounds import running, triggers

    if as_of and settings().production:
        raise OperatorError("--as-of is for trying out: production runs at the present instant")
    with database() as db:
        done = running.run_due(db, Operator("rounds run-due"), triggers.instant_of(_instant(as_of)))
    found = {kind: [str(i) for i in ids] for kind, ids in asdict(done).items()}
    answer(found, json_, ", ".join(f"{kind} {len(ids)}" for kind, ids in found.items()))


def _instant(text: str | None) -> datetime | date | None:
    """An instant where the text has a time, else a date."""
    if not text:
        return None
    try:
        if len(text) <= len("2012-07-01"):
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise OperatorError(f"--as-of {text!r} is neither a date (2012-07-01) nor an instant") from None
    if instant.tzinfo is None:
        raise OperatorError("--as-of needs a time zone, for example 2012-07-01T09:00:00+08:00")
    return instant
