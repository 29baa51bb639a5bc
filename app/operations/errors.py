"""A refusal that an operator reads as one line."""

from __future__ import annotations


class OperatorError(Exception):
    """Expected, explained in its message, and nothing was changed."""
