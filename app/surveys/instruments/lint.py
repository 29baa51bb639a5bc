"""What keeps a draft from being published: messages beside the fields of the editor."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.errors import FieldError, Invalid
from app.core.i18n import gettext as _
from app.surveys.instruments.definition import (
    CHOICES,
    MOST_FIELDS,
    MOST_QUESTIONS,
    SCORED,
    Definition,
    Kind,
    Option,
    Question,
    Section,
)

Finding = tuple[str, str, str]  # field, message, code


def problems(definition: Definition) -> list[FieldError]:
    """Everything that is wrong, in the order of the page. Empty means: may be published."""
    found = [*_whole(definition), *_doubles(definition)]
    for i, section in enumerate(definition.sections):
        for j, question in enumerate(section.questions):
            found += _question(f"sections.{i}.questions.{j}", question)
            found += _about_nobody(f"sections.{i}.questions.{j}", section, question)
    return [{"field": name, "message": message, "code": code} for name, message, code in found]


def require_publishable(definition: Definition) -> None:
    found = problems(definition)
    if found:
        raise Invalid(_("问卷还不能发布，请先改正标出的地方。"), code="definition_unfinished", errors=found)


def require_editable(definition: Definition) -> None:
    """Refuses a questionnaire that the editor's form could not carry."""
    questions = sum(1 for _pair in definition.questions())
    if questions > MOST_QUESTIONS or definition.fields() > MOST_FIELDS:
        message = _("问卷太长：最多 %(n)s 道题，选项和行也不能太多。请分成几份问卷。", n=MOST_QUESTIONS)
        raise Invalid(message, code="definition_too_long", field="sections")


def _whole(definition: Definition) -> Iterator[Finding]:
    if not definition.title:
        yield "title", _("请填写此项。"), "missing"
    if not definition.sections:
        yield "sections", _("请至少添加一道题。"), "no_questions"
    for i, section in enumerate(definition.sections):
        if not section.questions:
            yield f"sections.{i}.questions", _("这一部分还没有题目，请添加或删除这一部分。"), "no_questions"


def _doubles(definition: Definition) -> Iterator[Finding]:
    """A question's key is its own in the whole instrument: answers and scores are kept under it."""
    seen: set[str] = set()
    for i, section in enumerate(definition.sections):
        for j, question in enumerate(section.questions):
            if question.key in seen:
                yield f"sections.{i}.questions.{j}.key", _("题目代码“%(key)s”重复。", key=question.key), "double_key"
            seen.add(question.key)


def _question(at: str, q: Question) -> Iterator[Finding]:
    if not q.label:
        yield f"{at}.label", _("请写出题目。"), "missing"
    if q.kind in CHOICES:
        yield from _options(at, q)
    elif q.options:
        yield f"{at}.options", _("这种题没有选项。"), "options_unused"
    if q.kind == Kind.matrix:
        yield from _lines(at, q)
    elif q.rows:
        yield f"{at}.rows", _("只有表格题才有行。"), "rows_unused"
    if q.kind == Kind.number and q.minimum is not None and q.maximum is not None and q.minimum > q.maximum:
        yield f"{at}.maximum", _("最大值不能小于最小值。"), "range_order"
    if q.scored:
        yield from _scoring(at, q)


def _about_nobody(at: str, section: Section, q: Question) -> Iterator[Finding]:
    """A score is somebody's. What is asked once, about nobody, would be answered and then be in no score."""
    if q.scored and q.kind in SCORED and not section.subject_kind:
        message = _("这一部分只问一次，没有评议对象，不能计分。请在这一部分选择评议对象，或取消“计入得分”。")
        yield f"{at}.scored", message, "scored_without_subject"


def _options(at: str, q: Question) -> Iterator[Finding]:
    if len(q.options) < 2:
        yield f"{at}.options", _("请至少给出两个选项。"), "few_options"
    keys: set[str] = set()
    labels: set[str] = set()
    for k, option in enumerate(q.options):
        if not option.label:
            yield f"{at}.options.{k}.label", _("请写出选项。"), "missing"
        elif option.label in labels:
            yield f"{at}.options.{k}.label", _("选项“%(label)s”重复。", label=option.label), "double_label"
        if option.key in keys:
            yield f"{at}.options.{k}.key", _("选项代码“%(key)s”重复。", key=option.key), "double_key"
        keys.add(option.key)
        labels.add(option.label)


def _lines(at: str, q: Question) -> Iterator[Finding]:
    if not q.rows:
        yield f"{at}.rows", _("请至少添加一行。"), "no_rows"
    keys: set[str] = set()
    for k, row in enumerate(q.rows):
        if not row.label:
            yield f"{at}.rows.{k}.label", _("请写出这一行的名称。"), "missing"
        if row.key in keys:
            yield f"{at}.rows.{k}.key", _("行代码“%(key)s”重复。", key=row.key), "double_key"
        keys.add(row.key)


def _scoring(at: str, q: Question) -> Iterator[Finding]:
    """A scored item needs a scale on which one can be satisfied or not, and a top."""
    if q.kind not in SCORED:
        yield f"{at}.scored", _("只有评分题和表格题可以计分。"), "not_scorable"
        return
    if q.weight < 1:
        yield f"{at}.weight", _("计分题的权重至少为 1。"), "weight_zero"
    valid = [option for option in q.options if option.valid]
    if len(q.options) < 2:
        pass  # said already: there is no scale at all
    elif len(valid) < 2:
        yield f"{at}.options", _("计分题至少要有两个计入的选项。"), "no_valid_option"
    elif all(o.satisfied for o in valid) or not any(o.satisfied for o in valid):
        yield f"{at}.options", _("计入的选项里，须既有算满意的，也有不算满意的。"), "all_alike"
    elif sum(o.strict for o in q.options) != 1:
        yield f"{at}.options", _("请指定一个选项为最高一档。"), "one_top"
    elif max(valid, key=lambda o: o.points or 0).points != next(o.points for o in q.options if o.strict):
        yield f"{at}.options", _("最高一档的分值不能低于别的选项。"), "top_not_highest"
    for k, option in enumerate(q.options):
        yield from _option(f"{at}.options.{k}", option)


def _option(at: str, option: Option) -> Iterator[Finding]:
    if option.valid and option.points is None:
        yield f"{at}.points", _("计入的选项要有分值（0–100）。"), "no_points"
    if not option.valid and (option.satisfied or option.strict or option.points is not None):
        yield f"{at}.points", _("不计入的选项没有分值，也不算满意。"), "invalid_counts"
    if option.strict and not option.satisfied:
        yield f"{at}.points", _("最高一档必须算满意。"), "top_not_satisfied"
