"""Which schema revisions this version knows, and which one a database has."""

from __future__ import annotations

from functools import lru_cache

from alembic.script import ScriptDirectory

from app.migrate import configuration


@lru_cache(maxsize=1)
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration())


def newest() -> str | None:
    return _scripts().get_current_head()


def revisions() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}
