"""One row of the file, read: every cell checked by its own rule, every fault named with its column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple
from unicodedata import is_normalized

from pydantic_core import PydanticCustomError

from app.core import clock, forms
from app.core.i18n import N_
from app.households.imports import columns
from app.households.imports.columns import LARGEST_CELL, PERSON_KEYS, plain_word
from app.households.imports.problems import Problem, problem
from app.households.imports.read_xlsx import Cell, Number
from app.households.labels import make_label, plain_part
from app.households.models import Tenure
from app.households.residents.identity import birth_of, check_id_number, check_phone, sex_of
from app.households.residents.models import CareCategory

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BREAKS = re.compile(r"[\r\n\t]+")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}")
_DATE = re.compile(
    r"([0-9]{4})(?:[-/.年])([0-9]{1,2})(?:[-/.月])([0-9]{1,2})日?(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.0+)?)?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_AREA = re.compile(r"(㎡|平方米|平米|平方|m2|m²)$", re.IGNORECASE)
_SEPARATORS = re.compile(r"[、,,;;/|]+")
_DISABILITY = re.compile(r"(.{2})残疾?人?(?:([1-4])级)?")
_LONGEST = {"name": 60, "address": 200, "care_reason": 500, "note": LARGEST_CELL, "grid_area": 120}
_WORDS = {
    "tenure": columns.TENURES,
    "sex": columns.SEXES,
    "relation": columns.RELATIONS,
    "education": columns.EDUCATIONS,
}
_UNKNOWN = "unknown"
# How many different cells of a column are remembered; names and numbers of people hardly come twice.
_REMEMBERED = {
    **dict.fromkeys(("building", "unit", "tenure", "sex", "relation", "education", "grid_area", "care"), 500),
    **dict.fromkeys(("room", "floor_area", "address"), 2_000),
    **dict.fromkeys(("birth_on", "from_on"), 16_000),
}
_EXCEL_ERRORS = {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}
_SHORT = min(_LONGEST.values())
_LARGEST_PART, _LARGEST_AREA = 10, 100_000_000
_LAST_SERIAL, _LEAP_SERIAL = 73_050, 60


class Refused(Exception):
    """One cell cannot be read."""

    def __init__(self, text: str, **values: Any) -> None:
        super().__init__(text)
        self.text, self.values = text, values


class Line(NamedTuple):
    """A row as it was understood; plain values only, so that it can be kept as JSON. Days are ordinals."""

    row: int
    label: str
    building: str
    unit: str
    room: str
    floor_area: int | None
    grid_area: str
    address: str
    tenure: str
    name: str
    id_number: str
    sex: str
    birth_on: int | None
    phone: str
    relation: str
    education: str
    from_on: int | None
    care: tuple[str, ...]
    care_reason: str
    note: str
    problems: tuple[tuple[str, tuple[tuple[str, Any], ...], str], ...]
    hints: tuple[tuple[str, tuple[tuple[str, Any], ...], str], ...]
    example: bool = False

    @property
    def has_person(self) -> bool:
        return bool(self.name)


def pack(found: Problem) -> tuple[str, tuple[tuple[str, Any], ...], str]:
    return found.text, tuple(found.values.items()), found.column


def unpack(packed: tuple[str, tuple[tuple[str, Any], ...], str]) -> Problem:
    return Problem(packed[0], dict(packed[1]), packed[2])


def restored(values: list[Any]) -> Line:
    """A row that was kept as JSON."""
    for at in _TUPLES:
        values[at] = _tuple(values[at]) if values[at] else ()
    return Line(*values)


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


_TUPLES = [Line._fields.index(name) for name in ("care", "problems", "hints")]


def read_text(raw: str, key: str) -> str:
    """The text of a cell as it is kept. Most cells are short and plain: they need no closer look."""
    if len(raw) <= _SHORT and raw.isprintable() and raw[0] != "#" and (raw.isascii() or is_normalized("NFC", raw)):
        return raw.strip()
    if len(raw) > LARGEST_CELL:
        raise Refused(N_("超过 %(most)s 个字。"), most=LARGEST_CELL)
    if _FORBIDDEN.search(raw):
        raise Refused(N_("含有不能保存的字符，请重新输入。"))
    kept = raw.replace("\r\n", "\n") if key == "note" else _BREAKS.sub(" ", raw)
    plain = unicodedata.normalize("NFC", kept).strip()
    if len(plain) > _LONGEST.get(key, LARGEST_CELL):
        raise Refused(N_("超过 %(most)s 个字。"), most=_LONGEST[key])
    if plain in _EXCEL_ERRORS:
        raise Refused(N_("单元格里是 Excel 的错误值，请改正后再导入。"))
    return plain


def _part(raw: str, is_number: bool) -> str:
    plain = plain_part(read_whole(raw) if is_number else raw)
    if not plain.isalnum() or len(plain) > _LARGEST_PART:
        raise Refused(N_("只能是数字和字母，最多 10 个字。"))
    return plain


def read_whole(raw: str) -> str:
    """302.0 as Excel keeps it is 302."""
    head, dot, tail = raw.partition(".")
    return head if dot and not tail.strip("0") else raw


def _area(raw: str, is_number: bool) -> int:
    plain = _AREA.sub("", unicodedata.normalize("NFKC", raw).strip().replace(",", ""))
    plain = _AREA.sub("", plain).strip()
    if len(plain) > 20 or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", plain):
        raise Refused(N_("不是面积。请填平方米数，如 89.50。"))
    try:
        exact = Decimal(plain) * 100
    except InvalidOperation:
        raise Refused(N_("不是面积。请填平方米数，如 89.50。")) from None
    rounded = exact.to_integral_value()
    if exact != rounded and not is_number:
        raise Refused(N_("面积最多两位小数。"))
    if not 100 <= rounded <= _LARGEST_AREA:
        raise Refused(N_("面积须在 1 到 1000000 平方米之间。"))
    return int(rounded)


def _word(raw: str, kind: str) -> str:
    return read_choice(raw, _WORDS[kind])


def read_choice(raw: str, words: dict[str, str]) -> str:
    found = words.get(plain_word(raw)) if len(raw) <= 40 else None
    if found is None:
        raise Refused(N_("“%(value)s”不在可填的内容里。"), value=raw[:20])
    return found


def _care(raw: str) -> tuple[str, ...]:
    """Care categories; a disability may say its type and level: `disabled`, `disabled:4` or `disabled:4:2`."""
    found: dict[str, str] = {}
    for word in filter(str.strip, _SEPARATORS.split(raw)):
        named = _DISABILITY.fullmatch(plain_word(word))
        if named and named[1] in columns.DISABILITIES:
            level = f":{named[2]}" if named[2] else ""
            found[CareCategory.disabled] = f"{CareCategory.disabled}:{columns.DISABILITIES[named[1]]}{level}"
        else:
            category = read_choice(word, columns.CARE)
            found.setdefault(category, category)
    return tuple(found.values())


def _day(raw: str, is_number: bool, date_1904: bool) -> date:
    found = _COMPACT.fullmatch(read_whole(raw)) or _DATE.fullmatch(raw)
    if found is None and is_number:
        return _serial(raw, date_1904)
    if found is None:
        raise Refused(N_("不是日期。请写成 2012-06-03。"))
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Refused(N_("没有这一天：%(value)s。"), value=raw[:20]) from None


def _serial(raw: str, date_1904: bool) -> date:
    """A day as Excel counts it; its calendar has a 29 February 1900 that never was."""
    try:
        days = int(float(raw))
    except (ValueError, OverflowError):
        raise Refused(N_("不是日期。请写成 2012-06-03。")) from None
    if not 1 <= days <= _LAST_SERIAL:
        raise Refused(N_("不是日期。请写成 2012-06-03。"))
    if date_1904:
        return date(1904, 1, 1) + timedelta(days=days)
    if days == _LEAP_SERIAL:
        raise Refused(N_("没有这一天：%(value)s。"), value="1900-02-29")
    return date(1899, 12, 31 if days < _LEAP_SERIAL else 30) + timedelta(days=days)


def read_past_day(raw: str, is_number: bool, date_1904: bool, today: date) -> int:
    day = _day(unicodedata.normalize("NFKC", raw), is_number, date_1904)
    if day < clock.EARLIEST:
        raise Refused(N_("日期不能早于 1900 年。"))
    if day > today:
        raise Refused(N_("日期不能晚于今天。"))
    return day.toordinal()


def _id_number(raw: str, is_number: bool) -> str:
    if is_number or _SCIENTIFIC.fullmatch(raw):
        raise Refused(N_("身份证号被 Excel 当成了数字，末几位已经丢失。请把这一列设为“文本”格式后重新填写。"))
    try:
        return check_id_number(raw)
    except PydanticCustomError as wrong:
        raise Refused(forms.message(wrong.type, {})) from None


def read_phone(raw: str, is_number: bool) -> str:
    if _SCIENTIFIC.fullmatch(raw):
        raise Refused(N_("电话被 Excel 当成了数字，末几位已经丢失。请把这一列设为“文本”格式后重新填写。"))
    try:
        return check_phone(read_whole(raw) if is_number else raw)
    except PydanticCustomError as wrong:
        raise Refused(forms.message(wrong.type, {})) from None


class LineReader:
    """Reads rows; how Excel counts days is a property of the workbook.

    Most cells say what a cell above them said: what became of it is remembered, some of it for a while.
    """

    def __init__(self, date_1904: bool) -> None:
        today = clock.today()
        by_key: dict[str, Callable[[str, bool], Any]] = {
            "building": _part,
            "unit": _part,
            "room": _part,
            "floor_area": _area,
            "tenure": lambda raw, _n: _word(raw, "tenure"),
            "id_number": _id_number,
            "sex": lambda raw, _n: _word(raw, "sex"),
            "birth_on": lambda raw, n: read_past_day(raw, n, date_1904, today),
            "phone": read_phone,
            "relation": lambda raw, _n: _word(raw, "relation"),
            "education": lambda raw, _n: _word(raw, "education"),
            "from_on": lambda raw, n: read_past_day(raw, n, date_1904, today),
            "care": lambda raw, _n: _care(raw),
            "grid_area": lambda raw, n: read_whole(raw) if n else raw,
        }
        self._read = {key: _reader(key, by_key.get(key)) for key in columns.BY_KEY}

    def read(self, row: int, cells: dict[str, Cell]) -> Line:
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        readers = self._read
        for key, raw in cells.items():
            try:
                value = readers[key](raw, isinstance(raw, Number))
                if value is not None:
                    values[key] = value
            except Refused as wrong:
                problems.append(problem(wrong.text, key, **wrong.values))
        hints = _complete(values)
        problems += _missing(values, {p.column for p in problems})
        get = values.get
        building, unit, room = get("building", ""), get("unit", ""), get("room", "")
        return Line(
            row,
            make_label(building, unit, room),
            building,
            unit,
            room,
            get("floor_area"),
            get("grid_area", ""),
            get("address", ""),
            get("tenure", ""),
            get("name", ""),
            get("id_number", ""),
            get("sex", ""),
            get("birth_on"),
            get("phone", ""),
            get("relation", ""),
            get("education", ""),
            get("from_on"),
            get("care", ()),
            get("care_reason", ""),
            get("note", ""),
            tuple(map(pack, problems)) if problems else (),
            tuple(map(pack, hints)) if hints else (),
        )


def _reader(key: str, parse: Callable[[str, bool], Any] | None) -> Callable[[Cell, bool], Any]:
    """From a cell to its value: None where it says nothing."""

    def read(raw: Cell, is_number: bool) -> Any:
        text = read_text(raw or "", key)
        if not text:
            return None
        value = parse(text, is_number) if parse else text
        return None if value == _UNKNOWN else value  # unknown says no more than an empty cell

    remembered = _REMEMBERED.get(key)
    return lru_cache(maxsize=remembered)(read) if remembered else read


def _complete(values: dict[str, Any]) -> list[Problem]:
    """Sex and birth date that an ID number tells; where they disagree with the cells, the cells stand with a hint."""
    hints: list[Problem] = []
    number = values.get("id_number")
    if not number:
        return hints
    sex, born = str(sex_of(number)), birth_of(number).toordinal()
    if values.setdefault("sex", sex) != sex:
        hints.append(problem(N_("性别与身份证号不一致，请核对。"), "sex"))
    if values.setdefault("birth_on", born) != born:
        hints.append(problem(N_("出生日期与身份证号不一致，请核对。"), "birth_on"))
    return hints


def _missing(values: dict[str, Any], faulty: set[str]) -> list[Problem]:
    found: list[Problem] = []
    for key in ("building", "room"):
        if key not in values and key not in faulty:
            found.append(problem(N_("请填写此项（合并的单元格须拆开，每行都要填）。"), key))
    person = any(key in values for key in PERSON_KEYS)
    if person and "name" not in values and "name" not in faulty:
        found.append(problem(N_("填了人员信息，却没有姓名。"), "name"))
    if person and values.get("tenure") == Tenure.vacant:
        found.append(problem(N_("使用情况是“空置”，却登记了人员。"), "tenure"))
    if "birth_on" in values and "from_on" in values and values["from_on"] < values["birth_on"]:
        found.append(problem(N_("入住日期早于出生日期。"), "from_on"))
    return found
