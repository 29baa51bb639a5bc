#!/usr/bin/env bash
# The whole test run: `make test` calls this. What the system lacks is installed where that is permitted.
# Every step runs even after one has failed; the last line is the sum: "N passed, N failed".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

export QINLIAN_STRICT=1 PYTHONUNBUFFERED=1
# Some forty processes import the application: without compiled files each would compile it, and all tests, again.
unset PYTHONDONTWRITEBYTECODE
BIN=.venv/bin
WORKERS=${TEST_WORKERS:-2}
# Both have a step of their own.
NOT_HERE=(--ignore=tests/test_migrations.py --ignore=tests/browser)
# Rules and files, without a database: they run in the SQLite step and not once more in the PostgreSQL one.
# Files of which that is no longer true fail a test in tests/test_tooling.py.
NO_DATABASE=(
  tests/assemblies/documents/test_diff.py
  tests/ballots/test_codes.py
  tests/ballots/test_strata.py
  tests/households/test_identity.py
  tests/households/test_names.py
  tests/imports/test_cells.py
  tests/surveys/instruments/test_answers.py
  tests/surveys/instruments/test_definition.py
  tests/surveys/instruments/test_xlsform.py
  tests/surveys/rounds/test_draw.py
  tests/surveys/schedules/test_periods.py
  tests/surveys/scores/test_formulas.py
  tests/surveys/scores/test_recomputation.py
  tests/test_house_rules.py
  tests/test_i18n.py
  tests/test_vendor.py
  tests/visits/test_due.py
  tests/webhooks/test_egress.py
)

# --- What the system must have -------------------------------------------------------------------------------

have_postgres() { $BIN/python -m tests.pg find >/dev/null 2>&1; }
find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
have_cjk_font() {
  { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh 2>/dev/null)" ]; } ||
    [ -n "$(find /usr/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" \
      \( -iname '*cjk*' -o -iname '*wqy*' \) -print -quit 2>/dev/null)" ]
}

have_pango() { $BIN/python -c 'import weasyprint' >/dev/null 2>&1; } # the PDF of minutes is tested, never skipped

missing_packages() { # a list of words, empty when nothing is missing
  local words=()
  have_postgres || words+=(postgresql)
  find_chromium >/dev/null || words+=(chromium)
  have_cjk_font || words+=(fonts-wqy-microhei)
  have_pango || words+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
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
    echo "Elsewhere: a PostgreSQL server (initdb, postgres), Chromium, Pango, and a Chinese font."
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

# Thousands of databases are made and thrown away: in memory where there is room for them.
scratch=/tmp
[ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -ge $((3 * 1024 * 1024)) ] && scratch=/dev/shm
scratch=$(mktemp -d "$scratch/qinlian-test-XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
export TMPDIR=$scratch
reports=$scratch/reports
mkdir "$reports"
table='' failed_steps=0 step_number=0

record() { # record NAME STATUS SECONDS
  if [ "$2" = 0 ]; then
    table+=$(printf 'PASS %4ds  %s' "$3" "$1")$'\n'
  else
    table+=$(printf 'FAIL %4ds  %s (exit %d)' "$3" "$1" "$2")$'\n'
    failed_steps=$((failed_steps + 1))
    printf 'FAIL: %s (exit %d)\n' "$1" "$2"
  fi
}

step() { # step NAME COMMAND...
  local name=$1 began=$SECONDS status
  shift
  printf '\n==> %s\n' "$name"
  "$@" </dev/null
  status=$?
  record "$name" $status $((SECONDS - began))
}

beside() { # beside NAME COMMAND...: begins a step that needs one core; `join` says how it went
  beside_name=$1 beside_began=$SECONDS
  shift
  "$@" </dev/null >"$scratch/beside" 2>&1 &
  beside_pid=$!
}

join() {
  local status
  wait "$beside_pid"
  status=$?
  printf '\n==> %s\n' "$beside_name"
  cat "$scratch/beside"
  record "$beside_name" $status $((SECONDS - beside_began))
}

tests() { # tests NAME ENGINE ARGUMENTS...
  local name=$1 engine=$2
  shift 2
  step_number=$((step_number + 1))
  step "$name" env TEST_ENGINE="$engine" $BIN/python -m pytest -q --junitxml="$reports/$step_number.xml" "$@"
}

# Each test goes to whichever worker is free, but neighbours stay together, for they share what is costly to make.
PARALLEL=(-n "$WORKERS" --dist worksteal)

step 'ruff check' $BIN/ruff check
step 'ruff format --check' $BIN/ruff format --check
step 'import ladder' $BIN/lint-imports --no-logo
beside 'mypy --strict app' $BIN/mypy --strict app
tests 'migrations on both engines' sqlite tests/test_migrations.py
tests 'tests on SQLite' sqlite "${PARALLEL[@]}" -m 'not postgres' "${NOT_HERE[@]}"
join
tests 'tests on PostgreSQL' postgresql "${PARALLEL[@]}" -m 'not sqlite' "${NOT_HERE[@]}" "${NO_DATABASE[@]/#/--ignore=}"
tests 'browser tests' sqlite "${PARALLEL[@]}" tests/browser

printf '\n%s' "$table"
$BIN/python scripts/sum_reports.py "$reports" --failed-steps "$failed_steps"
