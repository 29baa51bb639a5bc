"""What the pages of an assembly need, whichever router shows them again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Request
from sqlmodel import col

from app.assemblies.meetings import calling, reading, service, words
from app.assemblies.meetings.models import Assembly, ItemKind, State
from app.assemblies.meetings.schemas import AssemblyRead, RecipientRead
from app.assemblies.motions import service as motions
from app.assemblies.motions.models import Motion, MotionState
from app.assemblies.words import BODIES
from app.communities import service as communities
from app.core.clock import local_date, now, zone
from app.core.hypermedia import View
from app.core.i18n import gettext as _
from app.households.words import choices

PAGE = "meetings/assembly.html"
_READY = (MotionState.admitted, MotionState.adjourned, MotionState.no_quorum)


def find(view: View) -> Assembly:
    return service.get(view.s, view.who, view.param("assembly_id"))


def extra(view: View) -> dict[str, Any]:
    """Words, and for those above communities the communities to choose from."""
    found = communities.choices(view.s, view.who) if view.who.community_id is None else []
    return {
        "words": words.words(),
        "communities": found,
        "body_choices": choices(BODIES),
        "quarters": [(n, _("第 %(n)s 季度", n=n)) for n in (1, 2, 3, 4)],
        "local": local_input,
        "missing": named,
    }


def local_input(instant: datetime) -> str:
    """What `<input type=datetime-local>` shows: the community's own time."""
    return instant.astimezone(zone()).strftime("%Y-%m-%dT%H:%M")


def named(people: list[RecipientRead]) -> list[tuple[str, str]]:
    return [(str(one.holder_id), one.name) for one in people]


def page_extra(view: View) -> dict[str, Any]:
    """Words, and the motions that wait for an agenda."""
    assembly = find(view)
    waiting = view.who.may("assemblies:write") or view.who.may("assemblies:run")
    kinds = [(str(kind), _(text)) for kind, text in words.ITEM_KINDS.items() if kind != ItemKind.motion]
    return {
        **extra(view),
        "item_kinds": kinds,
        "motions": motion_choices(view, assembly) if waiting and assembly.state != State.published else [],
    }


def motion_choices(view: View, assembly: Assembly) -> list[tuple[str, str]]:
    """Motions of the community that wait for an assembly, by their numbers."""
    wanted = motions.visible(view.who).where(
        col(Motion.community_id) == assembly.community_id,
        col(Motion.state).in_(_READY),
    )
    found = sorted(view.s.scalars(wanted), key=lambda motion: (motion.year, motion.ordinal))
    return [(str(motion.id), f"{motion.number} {motion.title}") for motion in found]


def again(view: View) -> AssemblyRead:
    """The assembly beneath a refused form."""
    return reading.one(view.s, view.who, find(view), now())


def here(_data: object, request: Request) -> str:
    return f"/assemblies/{request.path_params['assembly_id']}"


def signer_choices(view: View) -> list[tuple[str, str]]:
    """Representatives in office today, who may ask for an extraordinary assembly."""
    return [(str(x.id), x.name) for x in calling.may_sign(view.s, find(view), local_date(now()))]


def merge_choices(view: View) -> list[tuple[str, str]]:
    """Other assemblies of the same body that were not held yet."""
    assembly = find(view)
    wanted = service.visible(view.who).where(
        col(Assembly.community_id) == assembly.community_id,
        col(Assembly.body) == assembly.body,
        col(Assembly.id) != assembly.id,
        col(Assembly.state).in_((State.draft, State.noticed)),
    )
    found = sorted(view.s.scalars(wanted), key=lambda other: other.scheduled_at)
    return [(str(other.id), f"{other.title} · {local_date(other.scheduled_at).isoformat()}") for other in found]
