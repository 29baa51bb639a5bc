"""A skipped test proves nothing, so in a strict run (CI=true or QINLIAN_STRICT=1) it is a failure.

Expected failures (xfail) count as skips. A test that may be skipped is named in pyproject.toml under
`allowed_skips`, one shell pattern of node ids a line, with a comment that says why.
"""

import os
from collections.abc import Generator
from fnmatch import fnmatchcase

import pytest


def is_strict() -> bool:
    return os.environ.get("CI") == "true" or os.environ.get("QINLIAN_STRICT") == "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("allowed_skips", "node id patterns of tests that a strict run may skip", type="linelist", default=[])


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport, config: pytest.Config) -> None:
    if not (report.skipped and is_strict()):
        return
    if any(fnmatchcase(report.nodeid, pattern) for pattern in config.getini("allowed_skips")):
        return
    reason = getattr(report, "wasxfail", None) or (
        report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    )
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} was skipped in a strict run: {reason}"
    if hasattr(report, "wasxfail"):
        del report.wasxfail


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report, item.config)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report, collector.config)
    return report
