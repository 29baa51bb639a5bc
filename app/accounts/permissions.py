"""Who may do what. A permission is a type in the signature of every path operation: `who: HouseholdsRead`.

`ROLES` is the whole policy: a role that is not named for a permission does not have it. API clients have scopes
instead of roles; each scope stands for the read permissions listed here, never for a write to residents' records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from app.accounts.models import Role
from app.core.errors import Forbidden, NotSignedIn
from app.core.i18n import N_
from app.core.i18n import gettext as _

D, W, F, R, S, A = (
    Role.director,
    Role.worker,
    Role.finance,
    Role.representative,
    Role.supervisor,
    Role.admin,
)

ROLES: dict[str, frozenset[Role]] = {
    "account:own": frozenset({D, W, F, R, S, A}),
    "communities:read": frozenset({D, W, F, R, S, A}),
    "communities:create": frozenset({A}),
    "communities:write": frozenset({D, A}),
    "areas:write": frozenset({D}),
    "households:read": frozenset({D, W, S}),
    "households:write": frozenset({D, W}),
    "residents:read": frozenset({D, W, S}),
    "residents:write": frozenset({D, W}),
    "residents:reveal": frozenset({D, W}),
    "residents:merge": frozenset({D}),
    "imports:write": frozenset({D}),
    "visits:read": frozenset({D, W, S}),
    "visits:write": frozenset({D, W}),
    "visits:overview": frozenset({D, W, S}),
    "visit_policies:write": frozenset({D}),
    "rosters:read": frozenset({D, W, R, S}),
    "rosters:write": frozenset({D}),
    "members:read": frozenset({D, W, S}),
    "members:write": frozenset({D}),
    "members:confirm": frozenset({D, W}),
    "instruments:read": frozenset({D, W, S}),
    "instruments:write": frozenset({D}),
    "schedules:write": frozenset({D}),
    "rounds:read": frozenset({D, W, F, R, S}),
    "rounds:write": frozenset({D}),
    "rounds:draw": frozenset({D, W, F}),
    "rounds:run": frozenset({D}),
    "rounds:answer": frozenset({R}),
    "ballots:enter": frozenset({D, W}),
    "corrections:confirm": frozenset({D, W}),
    "scores:read": frozenset({D, W, F, R, S}),
    "attachments:read": frozenset({D, W, F, R, S}),
    "attachments:write": frozenset({D, W, F}),
    "assemblies:read": frozenset({D, W, F, R, S}),
    "assemblies:write": frozenset({D}),
    "assemblies:run": frozenset({D, W}),
    "rules:write": frozenset({D}),
    "motions:propose": frozenset({D, R}),
    "motions:write": frozenset({D}),
    "votes:cast": frozenset({R}),
    "projects:write": frozenset({D, W}),
    "projects:accept": frozenset({R}),
    "opinions:read": frozenset({D, W, R, S}),
    "opinions:write": frozenset({D, W}),
    "fund:read": frozenset({D, W, F, S}),
    "fund:write": frozenset({D, W, F}),
    "fund:approve": frozenset({D}),
    "fund:pay": frozenset({F}),
    "activities:read": frozenset({D, W, F, R, S}),
    "activities:write": frozenset({D, W}),
    "plans:write": frozenset({D}),
    "plans:report": frozenset({D, W}),
    "webhooks:admin": frozenset({D, A}),
    "users:admin": frozenset({D, A}),
    "clients:admin": frozenset({A}),
    "audit:read": frozenset({D, S, A}),
}

SCOPES: dict[str, frozenset[str]] = {
    "read": frozenset(
        {
            "communities:read",
            "households:read",
            "residents:read",
            "visits:read",
            "visits:overview",
            "rosters:read",
            "members:read",
            "instruments:read",
            "rounds:read",
            "scores:read",
            "assemblies:read",
            "opinions:read",
            "fund:read",
            "activities:read",
        }
    ),
    "scores:read": frozenset({"scores:read"}),
    "rounds:run": frozenset({"rounds:run"}),
}

ROLE_LABELS = {
    Role.director: N_("社区主任"),
    Role.worker: N_("社区工作者"),
    Role.finance: N_("财务"),
    Role.representative: N_("居民代表"),
    Role.supervisor: N_("区级督导"),
    Role.admin: N_("系统管理员"),
}


@dataclass(frozen=True)
class Principal:
    """Whoever asks: what they may do and what they may see.

    `community_id` None means every community of `district_id`. `grid_area_ids` None means the whole community.
    """

    kind: str
    id: UUID
    name: str
    role: str
    permissions: frozenset[str]
    district_id: UUID | None = None
    community_id: UUID | None = None
    grid_area_ids: frozenset[UUID] | None = None
    community_name: str = ""
    session_id: UUID | None = None
    restricted: str = ""
    extra: dict[str, str] = field(default_factory=dict, compare=False, hash=False)

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    @property
    def display_name(self) -> str:
        return self.name

    @property
    def role_label(self) -> str:
        return _(ROLE_LABELS[Role(self.role)]) if self.kind == "user" else self.role


def permissions_of(role: Role) -> frozenset[str]:
    return frozenset(p for p, roles in ROLES.items() if role in roles)


class Requires:
    """The dependency behind a permission type. The authenticator is installed by `accounts.authentication`."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        who: Principal | None = await request.app.state.authenticate(request)
        if who is None:
            raise NotSignedIn(_("请先登录。"))
        if self.permission not in who.permissions:
            missing = (
                _("这个访问令牌没有所需的范围（scope）。") if who.kind == "client" else _("您的角色没有这项权限。")
            )
            raise Forbidden(who.restricted or missing)
        return who


class Perhaps:
    """Whoever asks, or None: for pages that are open to all and say more to those who signed in."""

    permission = "public"

    async def __call__(self, request: Request) -> Principal | None:
        who: Principal | None = await request.app.state.authenticate(request)
        return who


AnyoneAtAll = Annotated[Principal | None, Depends(Perhaps())]
OwnAccount = Annotated[Principal, Depends(Requires("account:own"))]
CommunitiesRead = Annotated[Principal, Depends(Requires("communities:read"))]
CommunitiesCreate = Annotated[Principal, Depends(Requires("communities:create"))]
CommunitiesWrite = Annotated[Principal, Depends(Requires("communities:write"))]
AreasWrite = Annotated[Principal, Depends(Requires("areas:write"))]
HouseholdsRead = Annotated[Principal, Depends(Requires("households:read"))]
HouseholdsWrite = Annotated[Principal, Depends(Requires("households:write"))]
ResidentsRead = Annotated[Principal, Depends(Requires("residents:read"))]
ResidentsWrite = Annotated[Principal, Depends(Requires("residents:write"))]
ResidentsReveal = Annotated[Principal, Depends(Requires("residents:reveal"))]
ResidentsMerge = Annotated[Principal, Depends(Requires("residents:merge"))]
ImportsWrite = Annotated[Principal, Depends(Requires("imports:write"))]
VisitsRead = Annotated[Principal, Depends(Requires("visits:read"))]
VisitsWrite = Annotated[Principal, Depends(Requires("visits:write"))]
VisitsOverview = Annotated[Principal, Depends(Requires("visits:overview"))]
VisitPoliciesWrite = Annotated[Principal, Depends(Requires("visit_policies:write"))]
RostersRead = Annotated[Principal, Depends(Requires("rosters:read"))]
RostersWrite = Annotated[Principal, Depends(Requires("rosters:write"))]
MembersRead = Annotated[Principal, Depends(Requires("members:read"))]
MembersWrite = Annotated[Principal, Depends(Requires("members:write"))]
MembersConfirm = Annotated[Principal, Depends(Requires("members:confirm"))]
InstrumentsRead = Annotated[Principal, Depends(Requires("instruments:read"))]
InstrumentsWrite = Annotated[Principal, Depends(Requires("instruments:write"))]
SchedulesWrite = Annotated[Principal, Depends(Requires("schedules:write"))]
RoundsRead = Annotated[Principal, Depends(Requires("rounds:read"))]
RoundsWrite = Annotated[Principal, Depends(Requires("rounds:write"))]
RoundsDraw = Annotated[Principal, Depends(Requires("rounds:draw"))]
RoundsRun = Annotated[Principal, Depends(Requires("rounds:run"))]
RoundsAnswer = Annotated[Principal, Depends(Requires("rounds:answer"))]
BallotsEnter = Annotated[Principal, Depends(Requires("ballots:enter"))]
CorrectionsConfirm = Annotated[Principal, Depends(Requires("corrections:confirm"))]
ScoresRead = Annotated[Principal, Depends(Requires("scores:read"))]
AttachmentsRead = Annotated[Principal, Depends(Requires("attachments:read"))]
AttachmentsWrite = Annotated[Principal, Depends(Requires("attachments:write"))]
AssembliesRead = Annotated[Principal, Depends(Requires("assemblies:read"))]
AssembliesWrite = Annotated[Principal, Depends(Requires("assemblies:write"))]
AssembliesRun = Annotated[Principal, Depends(Requires("assemblies:run"))]
RulesWrite = Annotated[Principal, Depends(Requires("rules:write"))]
MotionsPropose = Annotated[Principal, Depends(Requires("motions:propose"))]
MotionsWrite = Annotated[Principal, Depends(Requires("motions:write"))]
VotesCast = Annotated[Principal, Depends(Requires("votes:cast"))]
ProjectsWrite = Annotated[Principal, Depends(Requires("projects:write"))]
ProjectsAccept = Annotated[Principal, Depends(Requires("projects:accept"))]
OpinionsRead = Annotated[Principal, Depends(Requires("opinions:read"))]
OpinionsWrite = Annotated[Principal, Depends(Requires("opinions:write"))]
FundRead = Annotated[Principal, Depends(Requires("fund:read"))]
FundWrite = Annotated[Principal, Depends(Requires("fund:write"))]
FundApprove = Annotated[Principal, Depends(Requires("fund:approve"))]
FundPay = Annotated[Principal, Depends(Requires("fund:pay"))]
ActivitiesRead = Annotated[Principal, Depends(Requires("activities:read"))]
ActivitiesWrite = Annotated[Principal, Depends(Requires("activities:write"))]
PlansWrite = Annotated[Principal, Depends(Requires("plans:write"))]
PlansReport = Annotated[Principal, Depends(Requires("plans:report"))]
WebhooksAdmin = Annotated[Principal, Depends(Requires("webhooks:admin"))]
UsersAdmin = Annotated[Principal, Depends(Requires("users:admin"))]
ClientsAdmin = Annotated[Principal, Depends(Requires("clients:admin"))]
AuditRead = Annotated[Principal, Depends(Requires("audit:read"))]
