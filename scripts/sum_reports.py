"""Add up the JUnit reports of a test run: prints "N passed, N failed", exits 1 unless nothing failed.

A failed step that no report accounts for (a linter, a run that broke off) counts as one failure, so that
"0 failed" is never printed over a failed step.
"""

import argparse
import sys
from pathlib import Path
from xml.etree import ElementTree


def count(reports: Path) -> tuple[int, int, int]:
    """Passed tests, failed tests, and reports in which something failed."""
    passed = failed = failing_reports = 0
    for report in reports.glob("*.xml"):
        try:
            suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
        except ElementTree.ParseError:
            continue
        total, bad, skipped = (
            sum(int(suite.get(name, 0)) for suite in suites for name in names)
            for names in (["tests"], ["failures", "errors"], ["skipped"])
        )
        passed += max(total - bad - skipped, 0)
        failed += bad
        failing_reports += bad > 0
    return passed, failed, failing_reports


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=Path)
    parser.add_argument("--failed-steps", type=int, default=0)
    options = parser.parse_args()
    passed, failed, failing_reports = count(options.reports)
    failed += max(options.failed_steps - failing_reports, 0)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
