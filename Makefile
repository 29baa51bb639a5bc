# Qinlian. Plain `make` lists the targets. Every target works in a fresh clone.

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo check test bench lock clean

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: .venv/.stamp-runtime ## Install into .venv what running needs
setup-dev: .venv/.stamp-dev ## Install into .venv what working on it needs

.venv/.stamp-runtime: scripts/setup.sh requirements/runtime.txt requirements/build.txt pyproject.toml
	@scripts/setup.sh runtime

.venv/.stamp-dev: scripts/setup.sh requirements/dev.txt requirements/build.txt requirements/generator.txt pyproject.toml
	@scripts/setup.sh dev

demo: setup ## Serve the demo community (HOST and PORT are obeyed)
	$(BIN)/qinlian migrate
	$(BIN)/qinlian demo
	exec $(BIN)/qinlian serve

check: setup-dev ## The quick checks: lint, format, types, import ladder, fast tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy app
	$(BIN)/lint-imports
	$(PYTEST) -n 2 -m "not slow and not browser and not postgres" --ignore=tests/test_migrations.py

test: setup-dev ## Everything: the checks, both databases, browser
	@scripts/test.sh

bench: setup-dev ## Measure, each figure beside its floor
	$(BIN)/python -m benchmarks

# UPGRADE=1 takes newer versions; without it only what pyproject.toml demands changes.
UV_COMPILE = $(BIN)/uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --quiet \
	$(if $(UPGRADE),--upgrade)
lock: setup-dev ## Write requirements/*.txt anew from pyproject.toml (UPGRADE=1 for newer versions)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(UV_COMPILE) pyproject.toml --extra postgres --extra pdf -o requirements/runtime.txt
	$(UV_COMPILE) pyproject.toml --extra postgres --extra pdf --group dev -c requirements/runtime.txt -o requirements/dev.txt
	$(UV_COMPILE) requirements/build.in -c requirements/dev.txt -o requirements/build.txt
	$(UV_COMPILE) requirements/generator.in -o requirements/generator.txt

clean: ## Remove caches and .venv, never ./data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache htmlcov build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
