"""Words for scores: the names of instruments and of the kinds of subjects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.service import in_scope
from app.core import i18n
from app.core.hypermedia import View
from app.core.i18n import gettext as _
from app.surveys.instruments.models import Instrument
from app.surveys.instruments.subjects import KIND_LABELS


def instruments(s: Session, who: Principal) -> dict[str, str]:
    """The titles of instruments within reach, by key; a built-in's goes before a community's own."""
    reachable = or_(col(Instrument.community_id).is_(None), in_scope(who, Instrument.community_id))
    found = s.scalars(select(Instrument).where(reachable).order_by(col(Instrument.community_id).is_(None)))
    english = i18n.get_locale() == i18n.ENGLISH
    return {i.key: i.title_en if english and i.title_en else i.title for i in found}


def kind(key: str) -> str:
    return _(KIND_LABELS[key]) if key in KIND_LABELS else key


def words(view: View) -> dict[str, Any]:
    """What the templates of scores use."""
    titles = instruments(view.s, view.who)
    return {"instrument": lambda key: titles.get(key, key), "kind": kind}
