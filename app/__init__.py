"""Qinlian: resident communities govern themselves in the open, and prove it."""

__version__ = "0.1.0"
