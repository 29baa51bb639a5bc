"""A process of its own that triggers rounds: says it is ready, waits for a line, runs, and prints what it did.

python -m tests.surveys.rounds.trigger DATABASE_URL INSTANT THREADS
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
    url, at, threads = sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
    db = Database(url)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as pool:
        done = list(pool.map(lambda _n: running.run_due(db, None, at), range(threads)))
    sys.stdout.write(json.dumps([asdict(one) for one in done], default=str) + "\n")


if __name__ == "__main__":
    main()
