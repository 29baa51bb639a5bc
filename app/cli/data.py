"""demo and seed: made-up data for looking around and for acceptance checks."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from app.cli.frame import JsonFlag, answer, database, say, settings
from app.operations.errors import OperatorError


class Profile(StrEnum):
    acceptance = "acceptance"


def demo(
    json_: JsonFlag = False,
    new_sign_ins: Annotated[
        bool, typer.Option("--new-sign-ins", help="Make new passwords where the old ones are lost.")
    ] = False,
) -> None:
    """Load the demo community at full size (once) and show one sign-in per role. Never in production."""
    from app.demo import load, sign_ins

    chosen = settings()
    if chosen.production:
        raise OperatorError("demo is for development: production has no made-up accounts")
    with database() as db:
        with db.read() as s:
            loaded = load.is_loaded(s)
            if not loaded and sign_ins.somebody_is_here(s):
                raise OperatorError("the database holds other data: demo wants one of its own")
        if not loaded:
            load.load(db, lambda text: say(text, sys.stderr), keep=sign_ins.keeper(chosen))
        if new_sign_ins and loaded:
            sign_ins.renew(db, chosen)
        kept = sign_ins.read(db, chosen)
    if kept is None:
        raise OperatorError("the sign-ins of the demo are lost; qinlian demo --new-sign-ins makes new ones")
    answer({"loaded": not loaded, **kept}, json_, _shown(kept))


def _shown(kept: dict[str, Any]) -> str:
    lines = ["Sign-ins of the demo (development only):"]
    lines += [f"  {p['role']:<15} {p['username']:<15} {p['password']}" for p in kept["users"]]
    lines += [f"  {'API token':<15} {c['token']}  ({', '.join(c['scopes'])})" for c in kept["clients"]]
    return "\n".join(lines)


def seed(
    profile: Annotated[Profile, typer.Option("--profile", help="Which data.")],
    json_: JsonFlag = True,  # the contract: it prints one JSON object
) -> None:
    """Fill an empty database with the data of a profile, and print one JSON object that names all of it."""
    import app.demo.acceptance as acceptance

    with database() as db:
        made = acceptance.seed(db, settings())
    say(json.dumps(made, ensure_ascii=False, default=str))
