"""backup, restore, verify-audit and check: what keeps the data safe, and what proves it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.frame import JsonFlag, answer, database, settings
from app.core import audit
from app.core.checks import run_checks
from app.operations import backup as backups
from app.operations import invariants
from app.operations import restore as restores
from app.operations.errors import OperatorError

File = Annotated[Path, typer.Argument(help="The backup file.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]


def backup(file: File, force: Force = False, json_: JsonFlag = False) -> None:
    """Back the database up into one file while the server runs. It holds personal data: keep it safe."""
    with database() as db:
        made = backups.backup(db, file.absolute(), force=force)
    rows = sum(made["counts"].values())
    answer({"file": str(file), **made}, json_, f"{file}: {rows} rows, sha256 {made['sha256']}")


def restore(file: File, force: Force = False, json_: JsonFlag = False) -> None:
    """Replace the database by a backup, after verifying it. The server must be stopped."""
    settings().secret_bytes()
    with database(migrated=False) as db:
        made = restores.restore(db, file.absolute(), force=force)
    answer({"file": str(file), **made}, json_, f"restored the backup of {made['made_at']}, epoch {made['new_epoch']}")


def verify_audit(
    head: Annotated[Path | None, typer.Option("--head", help="A head that was published earlier.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Walk the audit log; exit 1 and name the first bad entry if it was edited, cut, or added to."""
    published = _published(head) if head else None
    with database() as db, db.read() as s:
        broken = audit.verify(s, published)
        size = audit.head(s)["size"]
    answer({"ok": broken is None, "size": size, "problem": broken}, json_, broken or f"{size} entries hold")
    if broken:
        raise typer.Exit(1)


def _published(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as broken:
        raise OperatorError(f"{path} is not a published head (JSON)") from broken
    if not isinstance(found, dict):
        raise OperatorError(f"{path} is not a published head (JSON)")
    return found


def check(json_: JsonFlag = False) -> None:
    """Verify what must always hold; exit 1 and say what does not."""
    invariants.register()
    with database() as db:
        found = run_checks(db)
    good = not any(found.values())
    lines = [f"{'ok ' if not findings else 'BAD'} {name}" for name, findings in found.items()]
    lines += [f"{name}: {finding}" for name, findings in found.items() for finding in findings]
    answer({"ok": good, "checks": found}, json_, "\n".join(lines))
    if not good:
        raise typer.Exit(1)
