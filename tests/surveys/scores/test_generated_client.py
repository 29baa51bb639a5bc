"""A client generated from the OpenAPI document by openapi-python-client pulls the feed as a district system does.

The generator needs other versions of some packages than Qinlian, so `make setup-dev` puts it into `.venv/generator`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from app.core.db import Database
from tests.cast import TOKENS, Cast
from tests.surveys.scores.made import publish, scored

# What the feed says on PostgreSQL is asked by test_feed; here it is the client that counts.
pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).resolve().parents[3]
GENERATOR = Path(sys.prefix) / "generator"
_PULL = """
    import json, sys
    from urllib.parse import parse_qs, urlsplit
    from district import AuthenticatedClient
    from district.api.scores import list_scores
    from district.models import FeedPage, Problem

    client = AuthenticatedClient(base_url=sys.argv[1] + "/api/v1", token=sys.argv[2])
    seen, cursor = [], None
    while True:
        page = list_scores.sync(client=client, limit=2, **({"cursor": cursor} if cursor else {}))
        assert isinstance(page, FeedPage), page
        seen += [[i.period, i.satisfaction_rate, i.suppressed, i.published_at.isoformat()] for i in page.items]
        if not page.next_:
            break
        cursor = parse_qs(urlsplit(page.next_).query)["cursor"][0]
    assert page.cursor
    refused = list_scores.sync_detailed(client=client, cursor="nonsense")
    assert refused.status_code == 422
    print(json.dumps(seen))
"""


@pytest.fixture
def live(app: FastAPI) -> Iterator[str]:
    """The application on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def run(*command: str, path: Path) -> str:
    tools = f"{path}{os.pathsep}{GENERATOR}"
    env = {"PATH": f"{GENERATOR / 'bin'}:{os.environ.get('PATH', '')}", "PYTHONPATH": tools, "HOME": str(path)}
    done = subprocess.run([sys.executable, *command], env=env, cwd=path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_generated_client_pulls_every_score(
    db: Database, cast: Cast, app: FastAPI, live: str, tmp_path: Path
) -> None:
    with db.write() as s:
        for month in range(1, 5):
            publish(s, cast.community, scored(57, 0, 3), f"2026-{month:02d}")
        publish(s, cast.other_community, scored(2, 0, 0), "2026-05")
    (tmp_path / "openapi.json").write_text(json.dumps(app.openapi()), "utf-8")
    folder = tmp_path / "district"
    run("-m", "openapi_python_client", "generate", "--path", "openapi.json", "--output-path", str(folder), "--meta",
        "none", path=tmp_path)  # fmt: skip
    seen = json.loads(run("-c", textwrap.dedent(_PULL), live, TOKENS["区平台"], path=tmp_path))
    assert [row[:3] for row in seen] == [
        *([f"2026-{month:02d}", 0.95, False] for month in range(1, 5)),
        ["2026-05", None, True],
    ]
