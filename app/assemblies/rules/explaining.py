"""A decision in one sentence, with both sides of each condition."""

from __future__ import annotations

from collections.abc import Sequence

from app.assemblies.rules import words
from app.assemblies.rules.decide import Decision, Outcome, Tested
from app.core.i18n import gettext as _


def explain(decision: Decision) -> str:
    """实到人数 40，须超过应到人数 60 的二分之一，即至少 31，符合；赞成票 20，……，不符合；因此表决未通过。"""
    return _sentence(decision.outcome, decision, decision.adoption)


def _sentence(outcome: Outcome, decision: Decision, adoption: Sequence[Tested]) -> str:
    stopped = outcome in (Outcome.no_quorum, Outcome.not_valid)
    clauses = [clause(test) for test in decision.quorum] + ([] if stopped else [clause(test) for test in adoption])
    said = _("；").join(clauses)
    if outcome == Outcome.tied:
        return _("%(said)s；赞成与反对各 %(n)s 票，票数相等，因此表决未通过。", said=said, n=decision.in_favour)
    return _("%(said)s；因此%(outcome)s。", said=said, outcome=words.inline(_(words.OUTCOMES[outcome])))


def clause(test: Tested) -> str:
    """One condition worked out: what was counted, of what, how much would have been enough."""
    condition = test.condition
    parts = {
        "count": words.inline(_(words.COUNTS[condition.count])),
        "left": words.amount(condition.count, test.left),
        "base": words.inline(_(words.BASES[condition.base])),
        "right": words.amount(condition.base, test.right),
        "share": words.share(condition.num, condition.den),
        "needed": words.amount(condition.count, test.needed),
        "met": _("符合") if test.holds else _("不符合"),
    }
    if condition.strict:
        return _("%(count)s %(left)s，须超过%(base)s %(right)s 的%(share)s，即至少 %(needed)s，%(met)s", **parts)
    return _("%(count)s %(left)s，须达到%(base)s %(right)s 的%(share)s，即至少 %(needed)s，%(met)s", **parts)
