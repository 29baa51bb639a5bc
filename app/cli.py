"""Operator verbs. Each has --help, exits 0 or not, and says one clear line on error."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def migrate() -> None:
    """Bring the database to the present schema."""
    from app.core.config import get_settings
    from app.core.db import Database
    from app.migrate import migrate as run

    run(Database(get_settings().database_url))


@app.command()
def serve() -> None:
    """Serve requests."""
    import uvicorn

    from app.core.config import get_settings

    settings = get_settings()
    uvicorn.run("app.main:create_app", factory=True, host=settings.host, port=settings.port, access_log=False)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
