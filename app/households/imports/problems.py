"""What is wrong with a file or a row, kept as message id and values so that each reader gets it in their language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.core.i18n import gettext as _
from app.households.imports.columns import BY_KEY


@dataclass(frozen=True)
class Problem:
    """`text` is the Chinese message id; `column` the key of the column that it concerns, or empty."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    column: str = ""

    def __str__(self) -> str:
        values = dict(self.values)
        if "columns" in values:
            values["columns"] = _("、").join(_(BY_KEY[key].label) for key in values["columns"])
        return _(self.text, **values)

    def plain(self) -> list[Any]:
        return [self.text, self.values, self.column]

    @staticmethod
    def of(plain: list[Any]) -> Problem:
        text, values, column = plain
        return Problem(text, values, column)


def problem(text: str, column: str = "", **values: Any) -> Problem:
    return Problem(text, values, column)


class FileRefused(Exception):
    """The file as a whole cannot be read; `problem` says why, for people."""

    def __init__(self, text: str, **values: Any) -> None:
        super().__init__(text)
        self.problem = Problem(text, values)
