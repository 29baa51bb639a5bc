"""From XLSForm to a definition. Every row that cannot be used, or not wholly, is named with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from app.core import forms
from app.core.errors import FieldError, Invalid
from app.core.i18n import gettext as _
from app.surveys.instruments.definition import (
    MOST_OPTIONS,
    MOST_QUESTIONS,
    MOST_ROWS,
    MOST_SECTIONS,
    Definition,
    Kind,
    Option,
    Question,
    Row,
    Section,
)
from app.surveys.instruments.editing import free_key
from app.surveys.instruments.schemas import UnusedRow
from app.surveys.instruments.subjects import KINDS
from app.surveys.instruments.xlsform.book import Line, sheets
from app.surveys.instruments.xlsform.write import LIKERT, TABLE

_TRUE = ("yes", "true", "true()", "1", "是")
_FALSE = ("no", "false", "false()", "0", "否")
_BOUND = re.compile(r"\.\s*(>=|<=)\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)", re.IGNORECASE)
_SILENT = ("start", "end", "today", "deviceid", "username", "audit", "calculate", "hidden", "simserial", "phonenumber")
_UNSUPPORTED_COLUMNS = ("relevant", "calculation", "choice_filter", "repeat_count")
_PLACE = {"begin": "begin_group", "end": "end_group"}


@dataclass
class Form:
    """What was read: a draft, the form's own id, and what could not be used."""

    definition: Definition
    form_id: str
    unused: list[UnusedRow] = field(default_factory=list)


@dataclass
class _Table:
    """A group that is a matrix: its own line, and the lines of its rows."""

    line: Line
    rows: list[Line] = field(default_factory=list)


def read(data: bytes, filename: str) -> Form:
    """Reads an uploaded file; `Invalid` where nothing of it can be used."""
    found = sheets(data, filename)
    reader = _Reader()
    for line in found["choices"]:
        reader.choice(line)
    for line in found["survey"]:
        reader.survey(line)
    reader.finish()
    settings = found["settings"][0] if found["settings"] else Line("settings", 0, {})
    definition = reader.definition(settings)
    if not definition.sections:
        message = _("文件里没有一道能用的题目。")
        errors: list[FieldError] = [
            {"field": f"{u.sheet}.{u.row}", "message": u.message, "code": "row_unused"} for u in reader.unused
        ]
        raise Invalid(message, code="nothing_usable", field="file", errors=errors[:MOST_QUESTIONS])
    return Form(definition, _name_key(settings.get("form_id"), ""), reader.unused)


def _key(name: str, otherwise: str) -> str:
    """A name as our keys are written: small letters, digits and underscores."""
    plain = re.sub(r"[^a-z0-9_]+", "_", name.strip().lower())[:40]
    return plain if plain and (plain == name or plain.strip("_")) else otherwise


def _name_key(name: str, otherwise: str) -> str:
    plain = _key(name, otherwise)
    return plain if not plain[:1].isdigit() else f"q_{plain}"[:40]


def _labels(line: Line) -> dict[str, str]:
    """Chinese and English labels, wherever they stand; a label of no or another language is taken as Chinese."""
    chinese = english = other = ""
    for column, text in line.cells.items():
        if column == "label" or column.startswith(("label:", "label::")):
            language = column.removeprefix("label").strip(": ")
            if "(en" in language or language.startswith("english"):
                english = english or text
            elif "(zh" in language or "中文" in language or language.startswith("chinese"):
                chinese = chinese or text
            else:
                other = other or text
    return {"label": chinese or other, "label_en": english}


def _flag(text: str, *, otherwise: bool = False) -> bool:
    plain = text.strip().lower()
    return plain in _TRUE or (otherwise and plain not in _FALSE)


class _Reader:
    """Goes through the rows in order and keeps what it can."""

    def __init__(self) -> None:
        self.unused: list[UnusedRow] = []
        self._lists: dict[str, list[Option]] = {}
        self._sections: list[Section] = []
        self._depth: list[str] = []
        self._open: Section | None = None
        self._table: _Table | None = None
        self._keys: set[str] = set()
        self._intro: dict[str, str] = {"label": "", "label_en": ""}

    def _say(self, line: Line, message: str) -> None:
        self.unused.append(UnusedRow(sheet=line.sheet, row=line.row, message=message))

    def _made(self, line: Line, make: Callable[..., Any], **values: Any) -> Any:
        """A part of the definition, or None with what is wrong with it said."""
        try:
            return make(**values)
        except ValidationError as refused:
            for error in forms.field_errors(refused.errors(include_url=False)):
                self._say(line, f"{error['field']}: {error['message']}")
            return None

    # --- choices

    def choice(self, line: Line) -> None:
        name = line.get("list_name") or line.get("list name")
        if not name:
            self._say(line, _("这一行没有写 list_name。"))
            return
        options = self._lists.setdefault(name, [])
        if len(options) >= MOST_OPTIONS:
            self._say(line, _("最多 %(n)s 个选项。", n=MOST_OPTIONS))
            return
        key = free_key(_key(line.get("name") or line.get("value"), f"o{len(options) + 1}"), {o.key for o in options})
        option = self._made(
            line,
            Option,
            key=key,
            **_labels(line),
            points=self._whole(line, "points"),
            satisfied=_flag(line.get("satisfied")),
            strict=_flag(line.get("strict")),
            valid=_flag(line.get("valid"), otherwise=True),
        )
        if option is not None:
            options.append(option)

    def _whole(self, line: Line, column: str) -> int | None:
        text = line.get(column)
        if not text:
            return None
        try:
            number = float(text)
            if number == int(number) and abs(number) < 1e6:
                return int(number)
        except (ValueError, OverflowError):
            pass
        self._say(line, _("“%(column)s”一列应为整数，没有采用。", column=column))
        return None

    # --- survey

    def survey(self, line: Line) -> None:
        kind, _space, rest = line.get("type").partition(" ")
        kind = kind.lower()
        if kind in _PLACE and rest:
            kind, rest = f"{kind}_{rest.lower()}", ""
        for column in _UNSUPPORTED_COLUMNS:
            if line.get(column) and kind not in _SILENT:
                self._say(line, _("不支持“%(column)s”，这一行总会显示。", column=column))
        if kind in ("begin_group", "end_group"):
            self._group(line, opens=kind == "begin_group")
        elif kind == "note":
            self._note(line)
        elif self._table is not None:
            self._table.rows.append(line)
        else:
            self._question(line, kind, rest.strip())

    def _group(self, line: Line, *, opens: bool) -> None:
        if opens and TABLE in line.get("appearance").split() and self._table is None:
            self._table = _Table(line)
            self._depth.append(TABLE)
        elif opens:
            self._depth.append("group")
            self._open = None
            self._section(line)
        elif not self._depth:
            self._say(line, _("这里没有要结束的组。"))
        elif self._depth.pop() == TABLE:
            self._matrix()
        else:
            self._open = None

    def _section(self, line: Line) -> None:
        labels = _labels(line)
        subject = line.get("subject_kind")
        if subject and subject not in KINDS:
            self._say(line, _("没有“%(kind)s”这种评议对象。", kind=subject[:40]))
            subject = ""
        section = self._made(
            line, Section, subject_kind=subject, title=labels["label"], title_en=labels["label_en"], questions=[]
        )
        self._open = section or Section()
        self._sections.append(self._open)

    def _note(self, line: Line) -> None:
        if any(s.questions for s in self._sections) or self._intro["label"] or self._intro["label_en"]:
            self._say(line, _("说明文字只能有一段，放在所有题目之前；这一段没有采用。"))
            return
        self._intro = _labels(line)

    def _question(self, line: Line, kind: str, rest: str) -> None:
        values = self._kind(line, kind, rest)
        if values is not None:
            self._add(line, values)

    def _kind(self, line: Line, kind: str, rest: str) -> dict[str, Any] | None:
        if kind in ("select_one", "select_multiple"):
            options = self._options(line, rest)
            if options is None:
                return None
            rating = kind == "select_one" and (LIKERT in line.get("appearance").split() or _flag(line.get("scored")))
            chosen = Kind.rating if rating else Kind.single if kind == "select_one" else Kind.multiple
            return {"kind": chosen, "options": options}
        if kind in ("integer", "decimal"):
            return {"kind": Kind.number, "decimals": kind == "decimal", **self._bounds(line)}
        if kind in ("text", "string"):
            return {"kind": Kind.text}
        if kind in _SILENT:
            self._say(line, _("“%(type)s”由系统处理或不收集，没有采用。", type=kind))
        else:
            self._say(line, _("不支持的题型“%(type)s”。", type=(kind or "?")[:40]))
        return None

    def _options(self, line: Line, rest: str) -> list[Option] | None:
        name, *more = rest.split() or [""]
        if more:
            self._say(line, _("不支持“%(column)s”，已忽略。", column=" ".join(more)[:40]))
        if not self._lists.get(name):
            self._say(line, _("choices 里没有选项列表“%(name)s”。", name=name[:40]))
            return None
        return [option.model_copy() for option in self._lists[name]]

    def _bounds(self, line: Line) -> dict[str, Any]:
        """`. >= 1 and . <= 5`; another constraint is said and left out."""
        text = line.get("constraint")
        found = {sign: float(number) for sign, number in _BOUND.findall(text)}
        if text and _BOUND.sub("", text).replace("and", "").strip(" ()"):
            self._say(line, _("只支持“. >= 最小值 and . <= 最大值”这样的限制，其余没有采用。"))
        return {"minimum": found.get(">="), "maximum": found.get("<=")}

    def _matrix(self) -> None:
        table, self._table = self._table, None
        if table is None:
            return
        lists: list[str] = []
        rows: list[Row] = []
        for line in table.rows:
            kind, _space, rest = line.get("type").partition(" ")
            name = (rest.split() or [""])[0]
            if kind.lower() != "select_one" or (lists and name != lists[0]):
                self._say(line, _("表格题的每一行须是同一个选项列表的 select_one。"))
                continue
            if len(rows) >= MOST_ROWS:
                self._say(line, _("最多 %(n)s 行。", n=MOST_ROWS))
                continue
            key = free_key(_name_key(line.get("name"), f"r{len(rows) + 1}"), {r.key for r in rows})
            row = self._made(line, Row, key=key, **_labels(line))
            if row is not None:
                lists.append(name)
                rows.append(row)
        options = self._options(table.line, lists[0]) if lists else None
        if options is None:
            self._say(table.line, _("表格题没有一行能用。"))
            return
        required = _flag(table.line.get("required")) or _flag(table.rows[0].get("required"))
        self._add(table.line, {"kind": Kind.matrix, "options": options, "rows": rows, "required": required})

    def _add(self, line: Line, values: dict[str, Any]) -> None:
        weight = self._whole(line, "weight")
        key = free_key(_name_key(line.get("name"), f"q{len(self._keys) + 1}"), self._keys)
        question = self._made(
            line,
            Question,
            **{
                "key": key,
                **_labels(line),
                "required": _flag(line.get("required")),
                "scored": _flag(line.get("scored")),
                "weight": 1 if weight is None else weight,
                **values,
            },
        )
        if question is None:
            return
        if len(self._keys) >= MOST_QUESTIONS:
            self._say(line, _("最多 %(n)s 道题，这一道没有采用。", n=MOST_QUESTIONS))
            return
        self._keys.add(question.key)
        if self._open is None:
            self._open = Section()
            self._sections.append(self._open)
        self._open.questions.append(question)

    def finish(self) -> None:
        if self._table is not None:
            self._say(self._table.line, _("这一组没有 end_group。"))
            self._matrix()

    def definition(self, settings: Line) -> Definition:
        used = [s for s in self._sections if s.questions]
        if len(used) > MOST_SECTIONS:
            self._say(settings, _("最多 %(n)s 个部分，多出的题目没有采用。", n=MOST_SECTIONS))
        values: dict[str, Any] = {
            "title": settings.get("form_title") or settings.get("title"),
            "title_en": settings.get("title_en"),
            "intro": self._intro["label"],
            "intro_en": self._intro["label_en"],
        }
        cell = self._whole(settings, "smallest_cell")
        if cell is not None:
            values["smallest_cell"] = cell
        if settings.get("method"):
            values["method"] = settings.get("method")
        return self._whole_form(settings, used[:MOST_SECTIONS], values)

    def _whole_form(self, settings: Line, sections: Sequence[Section], values: dict[str, Any]) -> Definition:
        """Every setting for itself: one that cannot be used does not take the others with it."""
        definition = Definition()
        for name, value in values.items():
            made = self._made(settings, Definition, **{name: value})
            if made is not None:
                setattr(definition, name, getattr(made, name))
        definition.sections = list(sections)
        return definition
