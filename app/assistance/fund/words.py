"""Words of this room: who gives, how, for what, and what happened to a request."""

from __future__ import annotations

from typing import Any

from app.assistance.fund import states
from app.assistance.fund.models import AccountKey, DonorKind, EntryKind, EventKind, Method, ReliefKind
from app.core.hypermedia import View
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.money import shown, yuan

ENTRIES = {EntryKind.donation: N_("捐款"), EntryKind.relief: N_("帮困救助"), EntryKind.condolence: N_("慰问")}
# What a statement calls an entry that takes one of these back.
BACK = {EntryKind.donation: N_("捐款退回"), EntryKind.relief: N_("救助退回"), EntryKind.condolence: N_("慰问退回")}
DONORS = {
    DonorKind.member: N_("党员"),
    DonorKind.resident: N_("居民"),
    DonorKind.organization: N_("单位"),
    DonorKind.other: N_("其他"),
}
METHODS = {Method.cash: N_("现金"), Method.transfer: N_("银行转账"), Method.mobile: N_("手机支付")}
RELIEFS = {ReliefKind.relief: N_("帮困救助"), ReliefKind.condolence: N_("慰问")}
ACCOUNTS = {
    AccountKey.fund: N_("基金专户"),
    AccountKey.donations: N_("捐款收入"),
    AccountKey.relief: N_("救助支出"),
    AccountKey.condolence: N_("慰问支出"),
}
EVENTS = {
    EventKind.moved: N_("进入下一步"),
    EventKind.checked: N_("入户核实"),
    EventKind.relative: N_("申报亲属关系"),
    EventKind.reversed: N_("款项退回，重新待发放"),
}


def _said(words: dict[Any, str]) -> dict[str, str]:
    return {str(key): _(text) for key, text in words.items()}


def choices(words: dict[Any, str]) -> list[tuple[str, str]]:
    return list(_said(words).items())


def words(_view: View | None = None) -> dict[str, Any]:
    """For the templates of this room."""
    return {
        "state_words": _said(states.LABELS),
        "state_tones": {str(key): states.TONES.get(key, "") for key in states.LABELS},
        "act_words": _said(states.BY_HAND),
        "entry_words": _said(ENTRIES),
        "back_words": _said(BACK),
        "donor_words": _said(DONORS),
        "method_words": _said(METHODS),
        "relief_words": _said(RELIEFS),
        "account_words": _said(ACCOUNTS),
        "event_words": _said(EVENTS),
        "money": shown,
        "yuan": yuan,
    }
