"""Benchmarks: the same work done by Qinlian and by a floor (bare Starlette and sqlite3) in the same run."""
