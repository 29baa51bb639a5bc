"""A throw-away PostgreSQL for the tests, from the server binaries of the machine.

One cluster serves a whole run. Whoever starts it puts its address into TEST_POSTGRES_URL, and every process
started afterwards (pytest-xdist workers, the browser tests' server) uses that one:

    python -m tests.pg run COMMAND...   a cluster around one command
    server_url()                        the address, starting a cluster if there is none yet
    template(), create_database()       a migrated database in a few hundredths of a second

It listens on a Unix socket in a directory of its own, so it needs no port, no password and no network.
"""

import atexit
import contextlib
import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from psycopg import sql
from sqlalchemy import make_url

VARIABLE = "TEST_POSTGRES_URL"
SOCKET_NUMBER = "5432"  # names the socket file only
START_SECONDS = 30
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 3 * 1024**3
PR_SET_PDEATHSIG = 1
FILE_COPY_SINCE = 150000

# A test cluster may lose everything at a crash, so it waits for no disk.
SETTINGS = {
    "listen_addresses": "",
    "port": SOCKET_NUMBER,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "autovacuum_naptime": "10min",
    "jit": "off",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class PostgresMissing(RuntimeError):
    """The machine has no PostgreSQL server binaries."""


def binaries() -> Path:
    """The directory that holds initdb and postgres: Debian's newest, else the one on the PATH."""

    def version(directory: Path) -> tuple[int, ...]:
        return tuple(int(part) for part in directory.parent.name.split(".") if part.isdigit())

    debian = [d for d in Path("/usr/lib/postgresql").glob("*/bin") if (d / "initdb").exists()]
    if debian:
        return max(debian, key=version)
    found = shutil.which("initdb")
    if found and (directory := Path(found).resolve().parent).joinpath("postgres").exists():
        return directory
    raise PostgresMissing("no PostgreSQL server found (initdb, postgres); on Debian: apt-get install postgresql")


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: root's clusters run as Debian's postgres, or as nobody."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _end_with_parent() -> None:
    """Ask Linux to stop the server quickly when this process dies, even by kill -9."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _place() -> Path:
    """Where the databases lie: in memory where there is room, for making one on a disk costs ten times as much.

    Short either way, because a socket's path may have no more than 107 bytes.
    """
    with contextlib.suppress(OSError):
        room = os.statvfs(MEMORY)
        if room.f_bavail * room.f_frsize >= ENOUGH_BYTES and os.access(MEMORY, os.W_OK):
            return MEMORY
    return Path("/tmp")


class Cluster:
    """One running server in a temporary directory of its own."""

    def __init__(self) -> None:
        self._bin = binaries()
        self._user = _server_user()
        self._group = pwd.getpwnam(self._user).pw_gid if self._user else None
        self.directory = Path(tempfile.mkdtemp(prefix="qinlian-pg-", dir=_place()))
        if self._user:
            shutil.chown(self.directory, self._user, self._group)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?{urlencode({'host': self.directory, 'port': SOCKET_NUMBER})}"

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_"))}
        return kept | {"LC_ALL": "C.UTF-8", "HOME": str(self.directory)}

    def start(self) -> "Cluster":
        try:
            self._initdb()
            self._serve()
        except BaseException:
            self.stop()
            raise
        return self

    def _initdb(self) -> None:
        command = [str(self._bin / "initdb"), f"--pgdata={self.directory / 'data'}", "--username=postgres"]
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        done = subprocess.run(  # the directory is closed to all but its owner, so trust is enough
            [*command, *options],
            user=self._user,
            group=self._group,
            extra_groups=[] if self._user else None,
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def _serve(self) -> None:
        settings = SETTINGS | {"unix_socket_directories": str(self.directory)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(self.directory / "data"), *options],
                user=self._user,
                group=self._group,
                extra_groups=[] if self._user else None,
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal reaches the tests first, the server when they are done
                preexec_fn=_end_with_parent,
            )
        self._wait()

    def _wait(self) -> None:
        process = self._process
        deadline = time.monotonic() + START_SECONDS
        while process and process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=5):
                return
            time.sleep(0.02)
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.directory / 'log').read_text(errors='replace')}")

    def stop(self) -> None:
        """Stop the server and delete its directory. Harmless when done already."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(timeout=10)
        shutil.rmtree(self.directory, ignore_errors=True)


def server_url() -> str:
    """The address of the run's server; starts one, for the life of this process, when there is none."""
    if VARIABLE not in os.environ:
        cluster = Cluster().start()
        owner = os.getpid()
        # A forked child runs its parent's exit handlers too and must not stop the server.
        atexit.register(lambda: cluster.stop() if os.getpid() == owner else None)
        os.environ[VARIABLE] = cluster.url
    return os.environ[VARIABLE]


def database_url(server: str, name: str) -> str:
    """The same server, another database."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@contextlib.contextmanager
def _admin(server: str) -> Iterator[psycopg.Connection]:
    url = make_url(server).set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def create_database(server: str, name: str, template: str = "template0") -> str:
    """A copy of `template` under `name`; whatever had that name is gone. Nobody may be connected to the template."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with _admin(server) as connection:
        _drop(connection, name)
        if connection.info.server_version >= FILE_COPY_SINCE:
            statement += sql.SQL(" STRATEGY FILE_COPY")  # without the log that nobody will ever replay
        connection.execute(statement)
    return database_url(server, name)


def drop_database(server: str, name: str) -> None:
    """Drop it with everybody connected to it, if it exists."""
    with _admin(server) as connection:
        _drop(connection, name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def fingerprint(paths: Iterable[Path]) -> str:
    """A short name for the content of these files and directories."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def template(server: str, name: str, build: Callable[[str], object]) -> str:
    """The template database `name`, made by `build(url)` once per server however many workers ask at once."""
    with _admin(server) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])  # freed when the connection closes
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not exists:
            unfinished = f"{name}_unfinished"
            build(create_database(server, unfinished))
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [unfinished]
            )
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
    return name


def _end_group(child: subprocess.Popen[bytes]) -> None:
    os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _run(command: list[str]) -> int:
    """Run one command with a cluster around it; its exit status is ours."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cluster = Cluster()
    try:
        cluster.start()
        # A group of its own, so that whoever ends us ends the command with all it has started.
        child = subprocess.Popen(command, env=os.environ | {VARIABLE: cluster.url}, process_group=0)
        try:
            return child.wait()
        except BaseException:
            _end_group(child)
            raise
    finally:
        cluster.stop()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", _, *_]:
            sys.exit(_run(sys.argv[2:]))
        case ["find"]:
            try:
                print(binaries())
            except PostgresMissing as missing:
                sys.exit(str(missing))
        case _:
            sys.exit("usage: python -m tests.pg run COMMAND... | find")
