"""Operator verbs: `qinlian` and `python -m app.cli`. Each has --help and says one clear line on error."""

from app.cli.verbs import app, main

__all__ = ["app", "main"]
