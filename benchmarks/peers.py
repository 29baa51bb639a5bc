"""Two ways to put a table on the web as JSON, set up well: Datasette, and Django REST framework. They check no token.

They are installed from `peers.txt` into a folder of the run, so Qinlian's own environment never sees them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks import servers

HERE = Path(__file__).parent


def install(folder: Path) -> Path:
    """The folder of programs of an environment that holds the peers."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    wanted = [str(programs / "python"), "-m", "pip", "install", "-qq", "-r", str(HERE / "peers.txt")]
    subprocess.run(wanted, check=True)
    return programs


def datasette(programs: Path, database: Path, statement: str) -> AbstractContextManager[servers.Server]:
    """The floor's own statement as a query of Datasette's, at /scores/feed.json."""
    about = database.with_name("datasette.json")
    about.write_text(json.dumps({"databases": {database.stem: {"queries": {"feed": {"sql": statement}}}}}))
    port = servers.free_port()
    command = [str(programs / "datasette"), "serve", str(database), "--port", str(port), "--metadata", str(about)]
    return servers.serve(command, port, dict(os.environ))


def django(programs: Path, database: Path) -> AbstractContextManager[servers.Server]:
    """Serializers and cursor pagination as its handbook has them, at /scores; one worker, eight threads."""
    port = servers.free_port()
    command = [
        str(programs / "gunicorn"), "peer_django:application", "--chdir", str(HERE), "--bind", f"127.0.0.1:{port}",
        "--workers", "1", "--threads", "8", "--keep-alive", "60", "--log-level", "critical",
    ]  # fmt: skip
    return servers.serve(command, port, {**os.environ, "PEER_DATABASE": str(database)})
