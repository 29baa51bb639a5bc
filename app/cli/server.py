"""serve, migrate, export-openapi."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from app.cli.frame import JsonFlag, answer, check_migrated, database, say, settings
from app.core import instance
from app.core.config import Settings
from app.core.db import Database, is_unavailable, sqlite_is_safe_for_many
from app.operations.errors import OperatorError

GRACE_SECONDS = 20
_QUEUE = 2048


def serve() -> None:
    """Serve requests on HOST and PORT until stopped (SIGTERM ends what is under way first)."""
    chosen = settings()
    chosen.secret_bytes()
    db = Database(chosen.database_url)
    _refuse_unsafe_workers(chosen, db)
    watch = _look(db)
    if db.is_sqlite:
        db.analyze_if_idle()
    listening = _listen(chosen.host, chosen.port)
    config = uvicorn.Config(
        "app.main:create_app",
        factory=True,
        workers=chosen.workers,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(chosen.proxies),
        forwarded_allow_ips=",".join(chosen.proxies),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    say(f"Qinlian 勤廉 {_address(chosen, listening)}")
    server = uvicorn.Server(config)
    if chosen.workers > 1:
        Multiprocess(config, sockets=[listening]).run()
    else:
        server.run(sockets=[listening])
    watch.close()
    if chosen.workers == 1 and not server.started:
        raise OperatorError("the server did not start")


def _refuse_unsafe_workers(chosen: Settings, db: Database) -> None:
    if chosen.workers > 1 and db.is_sqlite and not sqlite_is_safe_for_many():
        raise OperatorError(
            f"WEB_CONCURRENCY={chosen.workers} is refused: SQLite {db.version()} can corrupt a database that several "
            "processes write. Use one worker, PostgreSQL, or SQLite 3.51.3 or newer"
        )


class _Watch:
    """A connection kept open while serving, so that `restore` sees that a server is running."""

    def __init__(self, db: Database) -> None:
        self.db, self.connection = db, db.glance() if db.is_sqlite else None
        if self.connection is not None:
            self.connection.exec_driver_sql("SELECT count(*) FROM instance")

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.db.close()


def _look(db: Database) -> _Watch:
    """Refuses a database that was never migrated; one that is away for a moment is waited for by /readyz."""
    try:
        check_migrated(db)
    except Exception as error:
        if db.is_sqlite or not is_unavailable(error):
            raise
        say("qinlian: the database does not answer yet; /readyz says when it does", sys.stderr)
    return _Watch(db)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise OperatorError(f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}") from error
    listening.listen(_QUEUE)
    listening.set_inheritable(True)
    return listening


def _address(chosen: Settings, listening: socket.socket) -> str:
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    return chosen.base_url or f"http://{host}:{listening.getsockname()[1]}"


def migrate(json_: JsonFlag = False) -> None:
    """Bring the database to the present schema. Safe at every start."""
    from app.migrate import migrate as run

    settings().secret_bytes()
    with database(migrated=False) as db:
        run(db)
        with db.read() as s:
            revision, epoch = instance.schema_revision(s), instance.epoch(s)
    answer({"schema_revision": revision, "instance_epoch": epoch}, json_, f"schema revision {revision}")


def export_openapi(
    file: Annotated[Path | None, typer.Argument(help="Where to write it; standard output by default.")] = None,
) -> None:
    """Write the OpenAPI document, the contract that other systems read."""
    from app.main import create_app

    app = create_app(settings())
    text = json.dumps(app.openapi(), ensure_ascii=False, indent=2)
    app.state.db.close()
    if file is None:
        say(text)
    else:
        file.write_text(text + "\n", "utf-8")
