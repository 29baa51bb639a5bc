"""Why a reported figure and the register differ, in one or two sentences.

The register knows its own past, so the difference falls into two parts: what differed already on the day of the
report, and what changed since.
"""

from __future__ import annotations

from app.communities.figures import Figure
from app.communities.models import ReportedFigure
from app.core.i18n import gettext as _
from app.core.pages import show_number, show_short_date

_SHARE_DECIMALS = 2
_MOST_DECIMALS = 4


def explain(figure: Figure, reported: ReportedFigure | None, computed: float | None, then: float | None) -> str:
    """`computed` is the register's figure now, `then` the one for the day of the report."""
    if computed is None:
        return _("登记簿里还没有可以计算这一项的记录。")
    if reported is None:
        return _("还没有上报数。")
    exact = _precision(figure, reported.value)
    now_differs = round(computed - reported.value, exact)
    if now_differs == 0:
        return _("登记与上报一致（按上报数的精度）。") if figure.is_share else _("登记与上报一致。")
    opening = _opening(figure, now_differs)
    if then is None:
        return opening + _("上报当日的登记已无从计算。")
    return opening + _reason(figure, round(then - reported.value, exact), round(computed - then, exact), reported)


def _precision(figure: Figure, value: float) -> int:
    """Shares are compared with the decimals they were reported with (52 % means 51.5 to 52.5), counts exactly."""
    if not figure.is_share:
        return 0
    decimals = len(f"{value:.{_MOST_DECIMALS}f}".rstrip("0").split(".")[1])
    return max(_SHARE_DECIMALS, decimals)


def _opening(figure: Figure, difference: float) -> str:
    amount = _amount(figure, difference)
    if difference > 0:
        return _("登记比上报多 %(amount)s：", amount=amount)
    return _("登记比上报少 %(amount)s：", amount=amount)


def _amount(figure: Figure, difference: float) -> str:
    if figure.is_share:
        return _("%(n)s 个百分点", n=show_number(round(abs(difference) * 100, 2)))
    return f"{show_number(abs(difference))} {_(figure.unit)}"


def _reason(figure: Figure, then_differs: float, since: float, reported: ReportedFigure) -> str:
    day = show_short_date(reported.as_of)
    if then_differs == 0:
        return _since(figure, since, _("上报当日（%(day)s）两者一致，", day=day))
    amount = _amount(figure, then_differs)
    if then_differs > 0:
        at_report = _("上报当日（%(day)s）登记已多 %(amount)s", day=day, amount=amount)
    else:
        at_report = _("上报当日（%(day)s）登记已少 %(amount)s", day=day, amount=amount)
    if since == 0:
        return at_report + _("，此后没有变化；请核对当时的上报口径和漏登的记录。")
    return _since(figure, since, at_report + _("，"))


def _since(figure: Figure, since: float, beginning: str) -> str:
    amount = _amount(figure, since)
    if since > 0:
        return beginning + _("此后登记净增 %(amount)s。", amount=amount)
    return beginning + _("此后登记净减 %(amount)s。", amount=amount)
