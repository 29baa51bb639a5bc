"""How minutes are called on their pages."""

from __future__ import annotations

from typing import Any

from app.assemblies.minutes.models import MinutesState, SignerRole
from app.core.i18n import N_
from app.households.words import choices, translated

STATES: dict[str, str] = {
    MinutesState.draft: N_("草稿"),
    MinutesState.confirmed: N_("已签字确认"),
    MinutesState.published: N_("已公布"),
}
ROLES: dict[str, str] = {SignerRole.chair: N_("主持人"), SignerRole.clerk: N_("记录人")}


def words() -> dict[str, Any]:
    return {
        "states": choices(STATES),
        "state_words": translated(STATES),
        "roles": choices(ROLES),
        "role_words": translated(ROLES),
    }
