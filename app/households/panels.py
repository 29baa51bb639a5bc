"""What higher rooms show on a household's page: they register a panel, this room never imports them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core.hypermedia import View


@dataclass(frozen=True)
class Panel:
    """A piece of the page. The template is included with `panel`, the dict that `context` returns.

    Panels of a negative order stand above the people, the others below. `view.data` is the household as the page
    shows it (`HouseholdDetail`). An empty dict leaves the panel out.
    """

    order: int
    template: str
    context: Callable[[View], dict[str, Any]]


_panels: list[Panel] = []


def register_panel(panel: Panel) -> None:
    if panel not in _panels:
        _panels.append(panel)
        _panels.sort(key=lambda p: p.order)


def panels_for(view: View) -> list[dict[str, Any]]:
    """The panels of one page: `{"order", "template", "context"}`."""
    shown = ({"order": p.order, "template": p.template, "context": p.context(view)} for p in _panels)
    return [panel for panel in shown if panel["context"]]
