"""A process of its own that triggers rounds: says it is ready; for each instant that it hears it prints what it did.

python -m tests.surveys.rounds.trigger DATABASE_URL THREADS
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime

import app.tables  # noqa: F401 - every table must be known
from app.core.db import Database
from app.surveys.rounds import running


def main() -> None:
    url, threads = sys.argv[1], int(sys.argv[2])
    db = Database(url)
    _say("ready")
    with ThreadPoolExecutor(threads) as pool:
        for line in sys.stdin:
            at = datetime.fromisoformat(line.strip())
            done = list(pool.map(lambda _n, at=at: running.run_due(db, None, at), range(threads)))
            _say(json.dumps([asdict(one) for one in done], default=str))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
