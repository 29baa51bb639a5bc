#!/usr/bin/env bash
# Make .venv and install the locked packages and this project into it. `make setup` and `make setup-dev` call this.
#   scripts/setup.sh runtime|dev
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
kind=${1:?usage: scripts/setup.sh runtime|dev}

die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# A pyenv shim may stand in the path without a Python behind it, so each candidate is asked.
find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3 python3.12 python3.13; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

make_venv() {
  local python=$1 log
  log=$(mktemp)
  if "$python" -m venv --clear .venv >"$log" 2>&1; then rm -f "$log"; return; fi
  # Debian keeps the venv module in a package of its own.
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! "$python" -c 'import ensurepip' 2>/dev/null; then
    echo 'setup: installing python3-venv' >&2
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    "$python" -m venv --clear .venv && { rm -f "$log"; return; }
  fi
  cat "$log" >&2
  rm -rf .venv "$log"
  die "$python cannot make a virtual environment; on Debian: apt-get install python3-venv"
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  python=$(find_python) || die 'Python 3.11 or newer is needed and was not found'
  echo "setup: making .venv with $("$python" --version)" >&2
  make_venv "$python"
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"; }

echo "setup: installing requirements/$kind.txt" >&2
pip install --require-hashes -r "requirements/$kind.txt" -r requirements/build.txt
# The build backend is in the lock, so nothing unlocked is fetched to build the project itself.
pip install --no-deps --no-build-isolation --no-index --editable .
# A test generates an API client. The generator wants other versions than Qinlian, so it gets a folder of its own.
if [ "$kind" = dev ]; then
  pip install --no-deps --require-hashes --target .venv/generator --upgrade -r requirements/generator.txt
fi
touch ".venv/.stamp-$kind" .venv/.stamp-runtime
