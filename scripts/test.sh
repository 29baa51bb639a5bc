#!/usr/bin/env bash
# The whole test run: `make test` calls this. What the system lacks is installed where that is permitted.
# Every step runs even after one has failed; the last line is the sum: "N passed, N failed".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

export QINLIAN_STRICT=1 PYTHONUNBUFFERED=1
BIN=.venv/bin
WORKERS=${TEST_WORKERS:-2}
NOT_HERE="--ignore=tests/test_migrations.py"

# --- What the system must have -------------------------------------------------------------------------------

have_postgres() { $BIN/python -m tests.pg find >/dev/null 2>&1; }
find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
have_cjk_font() {
  { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh 2>/dev/null)" ]; } ||
    [ -n "$(find /usr/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" \
      \( -iname '*cjk*' -o -iname '*wqy*' \) -print -quit 2>/dev/null)" ]
}

missing_packages() { # a list of words, empty when nothing is missing
  local words=()
  have_postgres || words+=(postgresql)
  find_chromium >/dev/null || words+=(chromium)
  have_cjk_font || words+=(fonts-wqy-microhei)
  printf '%s' "${words[*]}"
}

root_prefix() { # how to act as root here without a password; fails where it is not permitted
  if [ "$(id -u)" = 0 ]; then echo env; elif sudo -n true 2>/dev/null; then echo 'sudo -n'; else return 1; fi
}

install_missing() {
  local packages=$1 as_root
  command -v apt-get >/dev/null && as_root=$(root_prefix) || return 1
  echo "==> installing $packages"
  # shellcheck disable=SC2086  # both are lists of words
  $as_root apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages </dev/null >/dev/null
}

packages=$(missing_packages)
if [ -n "$packages" ]; then
  install_missing "$packages" || true
  packages=$(missing_packages)
fi
if [ -n "$packages" ]; then
  {
    echo "The tests need what this machine does not have, and installing it is not permitted here: $packages"
    echo "On Debian or Ubuntu:  sudo apt-get install --no-install-recommends $packages"
    echo "Elsewhere: a PostgreSQL server (initdb, postgres), Chromium, and a Chinese font."
  } >&2
  echo '0 passed, 1 failed'
  exit 1
fi
CHROMIUM=${CHROMIUM:-$(find_chromium)}
export CHROMIUM

# One PostgreSQL for the whole run: start again inside it.
if [ -z "${TEST_POSTGRES_URL:-}" ]; then
  exec $BIN/python -m tests.pg run "${BASH_SOURCE[0]}" "$@"
fi

# --- The steps -----------------------------------------------------------------------------------------------

reports=$(mktemp -d) || exit 1
trap 'rm -rf "$reports"' EXIT
trap 'exit 130' INT TERM
table='' failed_steps=0 step_number=0

step() { # step NAME COMMAND...
  local name=$1 began status seconds
  shift
  began=$SECONDS
  printf '\n==> %s\n' "$name"
  "$@" </dev/null
  status=$?
  seconds=$((SECONDS - began))
  if [ $status = 0 ]; then
    table+=$(printf 'PASS %4ds  %s' $seconds "$name")$'\n'
  else
    table+=$(printf 'FAIL %4ds  %s (exit %d)' $seconds "$name" $status)$'\n'
    failed_steps=$((failed_steps + 1))
    printf 'FAIL: %s (exit %d)\n' "$name" $status
  fi
}

tests() { # tests NAME ENGINE ARGUMENTS...
  local name=$1 engine=$2
  shift 2
  step_number=$((step_number + 1))
  step "$name" env TEST_ENGINE="$engine" $BIN/python -m pytest -q --junitxml="$reports/$step_number.xml" "$@"
}

step 'ruff check' $BIN/ruff check
step 'ruff format --check' $BIN/ruff format --check
step 'mypy --strict app' $BIN/mypy --strict app
step 'import ladder' $BIN/lint-imports --no-logo
tests 'migrations on both engines' sqlite tests/test_migrations.py
tests 'tests on SQLite' sqlite -n "$WORKERS" -m 'not browser and not postgres' $NOT_HERE
tests 'tests on PostgreSQL' postgresql -n "$WORKERS" -m 'not browser and not sqlite' $NOT_HERE
tests 'browser tests' sqlite -n "$WORKERS" -m browser $NOT_HERE

printf '\n%s' "$table"
$BIN/python scripts/sum_reports.py "$reports" --failed-steps "$failed_steps"
