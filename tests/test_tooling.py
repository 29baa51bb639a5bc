"""The tools the other tests stand on: the throw-away PostgreSQL, strict skips, the sum of the reports."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests import pg

# Of files and commands, not of an engine.
pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k not in ("CI", "QINLIAN_STRICT", "PYTEST_ADDOPTS")}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        env=env | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


# --- PostgreSQL ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> str:
    return pg.server_url()


def is_running(pid: str) -> bool:
    try:  # a zombie has no command line
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except (FileNotFoundError, ProcessLookupError):
        return False


def value(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row and row[0]


@pytest.mark.postgres
def test_template_is_built_once_and_copied(server: str) -> None:
    name = f"tooling_template_{os.getpid()}"
    built: list[str] = []

    def build(url: str) -> None:
        built.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE note (text text)")
            connection.execute("INSERT INTO note VALUES ('勤廉')")

    threads = [threading.Thread(target=pg.template, args=(server, name, build)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = pg.create_database(server, f"{name}_1", name)
    second = pg.create_database(server, f"{name}_2", name)
    with psycopg.connect(first) as connection:
        connection.execute("DELETE FROM note")

    assert len(built) == 1
    assert value(first, "SELECT count(*) FROM note") == 0
    assert value(second, "SELECT text FROM note") == "勤廉"
    pg.create_database(server, f"{name}_1", name)  # again under the same name: the old one is gone
    assert value(first, "SELECT count(*) FROM note") == 1
    for each in (f"{name}_1", f"{name}_2", name):
        pg.drop_database(server, each)


@pytest.mark.postgres
def test_a_failed_build_leaves_no_template(server: str) -> None:
    name = f"tooling_broken_{os.getpid()}"

    def build(url: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pg.template(server, name, build)
    assert pg.template(server, name, lambda url: None) == name
    pg.drop_database(server, name)


@pytest.mark.postgres
def test_database_sorts_by_code_point_and_keeps_utc(server: str) -> None:
    assert value(server, "SHOW server_encoding") == "UTF8"
    assert value(server, "SHOW timezone") == "UTC"
    assert value(server, "SELECT datcollate FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"


@pytest.mark.postgres
def test_run_gives_the_command_a_server_and_removes_it() -> None:
    show = "import os, psycopg; u = os.environ['TEST_POSTGRES_URL']; psycopg.connect(u).close(); print(u); exit(7)"
    done = run("-m", "tests.pg", "run", sys.executable, "-c", show)
    assert done.returncode == 7, done.stderr
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(done.stdout.strip())


@pytest.mark.postgres
def test_server_ends_with_a_killed_owner() -> None:
    script = (
        "import os, signal; from tests import pg; os.environ.pop(pg.VARIABLE, None);"
        "print(pg.server_url(), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = run("-c", script)
    assert done.returncode == -9
    url = done.stdout.strip()
    directory = Path(psycopg.conninfo.conninfo_to_dict(url)["host"])  # type: ignore[arg-type]
    wait_until(lambda: not (directory / "data" / "postmaster.pid").exists())
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    shutil.rmtree(directory)


@pytest.mark.postgres
def test_run_ends_the_command_and_all_it_started_when_told_to_end(tmp_path: Path) -> None:
    started = tmp_path / "started"
    command = ["bash", "-c", f"trap 'exit 1' TERM; sleep 300 & echo $! $TEST_POSTGRES_URL > {started}; sleep 300"]
    env = {k: v for k, v in os.environ.items() if k != pg.VARIABLE}
    runner = subprocess.Popen([sys.executable, "-m", "tests.pg", "run", *command], cwd=ROOT, env=env)
    wait_until(lambda: started.exists() and started.read_text().endswith("\n"))
    runner.terminate()
    assert runner.wait(timeout=20) == 143
    sleeper, url = started.read_text().split()
    wait_until(lambda: not is_running(sleeper))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_an_address_from_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pg.VARIABLE, "postgresql://me:p%40ss@db.example:5433/postgres?sslmode=require")
    assert pg.server_url() == os.environ[pg.VARIABLE]
    assert pg.database_url(pg.server_url(), "x") == "postgresql://me:p%40ss@db.example:5433/x?sslmode=require"


def test_fingerprint_follows_the_content(tmp_path: Path) -> None:
    file = tmp_path / "0001_first.py"
    file.write_text("a = 1")
    before = pg.fingerprint([tmp_path])
    file.write_text("a = 2")
    assert pg.fingerprint([tmp_path]) != before


# --- strict skips --------------------------------------------------------------------------------------------

SAMPLES = {
    "skip": "import pytest\ndef test_it(): pytest.skip('no reason')",
    "skipif": "import pytest\n@pytest.mark.skipif(True, reason='never')\ndef test_it(): ...",
    "xfail": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False",
    "module": "import pytest\npytest.skip('all of it', allow_module_level=True)\ndef test_it(): ...",
    "importorskip": "import pytest\npytest.importorskip('no_such_module_here')\ndef test_it(): ...",
}


def run_sample(tmp_path: Path, sample: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_sample.py").write_text(SAMPLES[sample])
    plugins = ["-p", "tests.plugins.strict_skips", "-p", "no:cacheprovider"]
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return run("-m", "pytest", "-c", "/dev/null", "--rootdir", tmp_path, *plugins, *options, tmp_path, **environment)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_skip_fails_a_strict_run(tmp_path: Path, sample: str) -> None:
    done = run_sample(tmp_path, sample, QINLIAN_STRICT="1")
    assert done.returncode not in (0, 5), done.stdout
    assert "was skipped in a strict run" in done.stdout


def test_a_skip_fails_on_xdist_workers_in_ci(tmp_path: Path) -> None:
    assert run_sample(tmp_path, "skip", "-p", "xdist", "-n", "1", CI="true").returncode == 1


@pytest.mark.parametrize("sample", ["skip", "xfail"])
def test_a_skip_is_fine_elsewhere_and_where_allowed(tmp_path: Path, sample: str) -> None:
    assert run_sample(tmp_path, sample).returncode == 0
    allowed = run_sample(tmp_path, sample, "-o", "allowed_skips=*test_sample.py::test_it", QINLIAN_STRICT="1")
    assert allowed.returncode == 0, allowed.stdout


# --- the sum -------------------------------------------------------------------------------------------------

REPORT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.mark.parametrize(
    ("reports", "failed_steps", "line", "status"),
    [
        ([(10, 0, 0, 0), (5, 0, 0, 1)], 0, "14 passed, 0 failed", 0),
        ([(10, 1, 1, 0)], 1, "8 passed, 2 failed", 1),
        ([(10, 0, 0, 0)], 1, "10 passed, 1 failed", 1),  # a linter failed: no report says so
        ([(10, 2, 0, 0)], 2, "8 passed, 3 failed", 1),
        ([], 0, "0 passed, 0 failed", 1),  # nothing ran: not a success
    ],
)
def test_sum_of_reports(
    tmp_path: Path, reports: list[tuple[int, ...]], failed_steps: int, line: str, status: int
) -> None:
    for number, counts in enumerate(reports):
        (tmp_path / f"{number}.xml").write_text(REPORT.format(*counts))
    done = run("scripts/sum_reports.py", tmp_path, "--failed-steps", str(failed_steps))
    assert (done.stdout.strip(), done.returncode) == (line, status)


# --- what the PostgreSQL step leaves out -----------------------------------------------------------------------

LEFT_OUT = re.findall(r"^  (tests/\S+\.py)$", (ROOT / "scripts/test.sh").read_text(), re.MULTILINE)
NEEDS_A_DATABASE = re.compile(
    r"\b(db|database_url|template|visit_as|cast|app): |^from (app\.core\.db|tests) import .*\b(Database|pg)\b",
    re.MULTILINE,
)


def test_the_needs_of_a_database_are_seen() -> None:
    assert LEFT_OUT
    for needy in ("tests/households/test_moves.py", "tests/demo/test_demo.py", "tests/ballots/test_boxes.py"):
        assert NEEDS_A_DATABASE.search((ROOT / needy).read_text())


@pytest.mark.parametrize("path", LEFT_OUT)
def test_only_what_needs_no_database_is_left_out_on_postgresql(path: str) -> None:
    assert not NEEDS_A_DATABASE.search((ROOT / path).read_text()), "take it off the list in scripts/test.sh"
