"""The authorization policy, written down a second time and by hand: every permission, every role, yes or no.

It is compared with `accounts.permissions` and with what every operation really answers. A new permission or operation
that is not listed here fails the matrix.
"""

from __future__ import annotations

# roles in the order of the columns below
ROLES = ["director", "worker", "finance", "representative", "supervisor", "admin"]

POLICY: dict[str, tuple[int, int, int, int, int, int]] = {
    #                        dir wor fin rep sup adm
    "account:own": (1, 1, 1, 1, 1, 1),
    "communities:read": (1, 1, 1, 1, 1, 1),
    "communities:create": (0, 0, 0, 0, 0, 1),
    "communities:write": (1, 0, 0, 0, 0, 1),
    "areas:write": (1, 0, 0, 0, 0, 0),
    "households:read": (1, 1, 0, 0, 1, 0),
    "households:write": (1, 1, 0, 0, 0, 0),
    "residents:read": (1, 1, 0, 0, 1, 0),
    "residents:write": (1, 1, 0, 0, 0, 0),
    "residents:reveal": (1, 1, 0, 0, 0, 0),
    "residents:merge": (1, 0, 0, 0, 0, 0),
    "imports:write": (1, 0, 0, 0, 0, 0),
    "visits:read": (1, 1, 0, 0, 1, 0),
    "visits:write": (1, 1, 0, 0, 0, 0),
    "visits:overview": (1, 1, 0, 0, 1, 0),
    "visit_policies:write": (1, 0, 0, 0, 0, 0),
    "rosters:read": (1, 1, 0, 1, 1, 0),
    "rosters:write": (1, 0, 0, 0, 0, 0),
    "members:read": (1, 1, 0, 0, 1, 0),
    "members:write": (1, 0, 0, 0, 0, 0),
    "members:confirm": (1, 1, 0, 0, 0, 0),
    "instruments:read": (1, 1, 0, 0, 1, 0),
    "instruments:write": (1, 0, 0, 0, 0, 0),
    "schedules:write": (1, 0, 0, 0, 0, 0),
    "rounds:read": (1, 1, 1, 1, 1, 0),
    "rounds:write": (1, 0, 0, 0, 0, 0),
    "rounds:draw": (1, 1, 1, 0, 0, 0),
    "rounds:run": (1, 0, 0, 0, 0, 0),
    "rounds:answer": (0, 0, 0, 1, 0, 0),
    "ballots:enter": (1, 1, 0, 0, 0, 0),
    "corrections:confirm": (1, 1, 0, 0, 0, 0),
    "scores:read": (1, 1, 1, 1, 1, 0),
    "attachments:read": (1, 1, 1, 1, 1, 0),
    "attachments:write": (1, 1, 1, 0, 0, 0),
    "assemblies:read": (1, 1, 1, 1, 1, 0),
    "assemblies:write": (1, 0, 0, 0, 0, 0),
    "assemblies:run": (1, 1, 0, 0, 0, 0),
    "rules:write": (1, 0, 0, 0, 0, 0),
    "motions:propose": (1, 0, 0, 1, 0, 0),
    "motions:write": (1, 0, 0, 0, 0, 0),
    "votes:cast": (0, 0, 0, 1, 0, 0),
    "projects:write": (1, 1, 0, 0, 0, 0),
    "projects:accept": (0, 0, 0, 1, 0, 0),
    "opinions:read": (1, 1, 0, 1, 1, 0),
    "opinions:write": (1, 1, 0, 0, 0, 0),
    "fund:read": (1, 1, 1, 0, 1, 0),
    "fund:write": (1, 1, 1, 0, 0, 0),
    "fund:approve": (1, 0, 0, 0, 0, 0),
    "fund:pay": (0, 0, 1, 0, 0, 0),
    "activities:read": (1, 1, 1, 1, 1, 0),
    "activities:write": (1, 1, 0, 0, 0, 0),
    "plans:write": (1, 0, 0, 0, 0, 0),
    "plans:report": (1, 1, 0, 0, 0, 0),
    "webhooks:admin": (1, 0, 0, 0, 0, 1),
    "users:admin": (1, 0, 0, 0, 0, 1),
    "clients:admin": (0, 0, 0, 0, 0, 1),
    "audit:read": (1, 0, 0, 0, 1, 1),
}

# API clients by scope: never a write
SCOPES: dict[str, set[str]] = {
    "read": {
        "communities:read",
        "households:read",
        "residents:read",
        "visits:read",
        "visits:overview",
        "rosters:read",
        "members:read",
        "instruments:read",
        "assemblies:read",
        "opinions:read",
        "fund:read",
        "activities:read",
        "rounds:read",
        "scores:read",
    },
    "scores:read": {"scores:read"},
    "rounds:run": {"rounds:run"},
}


def allowed(role: str, permission: str) -> bool:
    return bool(POLICY[permission][ROLES.index(role)])
