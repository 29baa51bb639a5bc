"""What keeps a draft from being published: a rule without its source, a share that cannot be, a body named twice."""

from __future__ import annotations

from collections.abc import Iterator

from app.assemblies.rules.definition import Base, Condition, Count, RuleBody, RuleSet
from app.assemblies.rules.schemas import DraftWrite
from app.core.errors import FieldError, Invalid
from app.core.i18n import gettext as _

_AREA_COUNTS = frozenset({Count.area_present, Count.area_participating, Count.area_for})
_AREA_BASES = frozenset({Base.area_entitled, Base.area_participating})
ELECTED = frozenset({RuleBody.representative_assembly, RuleBody.committee, RuleBody.supervision_committee})
LISTS = (
    "quorum",
    "adoption.ordinary",
    "adoption.special",
    "election.valid",
    "election.elected",
    "election.second_round",
)


def require_sound(data: DraftWrite) -> None:
    """What even a draft must be: dates in order, each body once."""
    _refuse(list(_contradictions(data)))


def require_publishable(data: DraftWrite) -> None:
    """Refuses to publish what is not cited or cannot be applied; every place is named."""
    _refuse([*_contradictions(data), *problems(data)])


def _refuse(found: list[FieldError]) -> None:
    if found:
        raise Invalid(_("还不能发布：请补全下面各处。"), code="rules_unfinished", errors=found)


def _error(field: str, message: str) -> FieldError:
    return {"field": field, "message": message, "code": "rules_unfinished"}


def _contradictions(data: DraftWrite) -> Iterator[FieldError]:
    if data.effective_from and data.effective_to and data.effective_to < data.effective_from:
        yield _error("effective_to", _("结束日期不能早于开始日期。"))
    seen: set[str] = set()
    for i, rules in enumerate(data.sets):
        if rules.body in seen:
            yield _error(f"sets.{i}.body", _("这个组织的规则已经有一份。"))
        seen.add(rules.body)
        for k, caller in enumerate(rules.callers):
            if (caller.num is None) != (caller.den is None):
                yield _error(f"sets.{i}.callers.{k}.num", _("份额的分子和分母要么都填，要么都不填。"))


def problems(data: DraftWrite) -> Iterator[FieldError]:
    """Everything that is missing or cannot be, with its field."""
    if not data.citation:
        yield _error("citation", _("没有出处的规则不能发布：请写明章程、法律或决议的名称和日期。"))
    if data.effective_from is None:
        yield _error("effective_from", _("请填写生效日期。"))
    if not data.sets:
        yield _error("sets", _("请至少写一个组织的规则。"))
    for i, entered in enumerate(data.sets):
        yield from _of_set(f"sets.{i}", entered.rules())
        for k, caller in enumerate(entered.callers):
            if not caller.source:
                yield _error(f"sets.{i}.callers.{k}.source", _unsourced())


def _unsourced() -> str:
    return _("请写明这条规则的出处，例如“章程第十二条”。")


def _of_set(at: str, rules: RuleSet) -> Iterator[FieldError]:
    for name in LISTS:
        for k, condition in enumerate(conditions(rules, name)):
            yield from _of_condition(f"{at}.{name}.{k}", condition)
    for name in _stated(rules):
        if not getattr(rules.sources, name):
            yield _error(f"{at}.sources.{name}", _unsourced())
    if rules.quorum and not rules.adoption.ordinary:
        yield _error(f"{at}.adoption.ordinary", _("写了到会条件，也要写一般事项的通过条件。"))
    if rules.adoption.ordinary and not rules.quorum:
        yield _error(f"{at}.quorum", _("写了通过条件，也要写到会条件。"))


def _stated(rules: RuleSet) -> Iterator[str]:
    """The single rules that say something, each of which needs its source."""
    for name in ("notice_days", "regular_per_year", "resolution_days", "term_years", "lapse_after_absences"):
        if getattr(rules, name) is not None:
            yield name
    if rules.late_item:
        yield "late_item"
    if rules.seconders:
        yield "seconders"
    if rules.proxy.allowed:
        yield "proxy"


def _of_condition(at: str, condition: Condition) -> Iterator[FieldError]:
    if not condition.source:
        yield _error(f"{at}.source", _unsourced())
    if condition.num > condition.den or (condition.strict and condition.num == condition.den):
        yield _error(f"{at}.num", _("这个份额谁也达不到，请检查分子和分母。"))
    if (condition.count in _AREA_COUNTS) != (condition.base in _AREA_BASES):
        yield _error(f"{at}.base", _("面积只能与面积相比，人数和票数只能与人数和票数相比。"))


def conditions(rules: RuleSet, name: str) -> list[Condition]:
    """The list of conditions at a path of `LISTS`; empty where the rules have no such part."""
    found: object = rules
    for step in name.split("."):
        found = getattr(found, step, None)
        if found is None:
            return []
    return found if isinstance(found, list) else []
