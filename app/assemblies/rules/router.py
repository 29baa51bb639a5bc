"""Rule packs: what they say, which one holds, and trying them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Request, Response
from sqlmodel import col

from app.accounts.permissions import AssembliesRead, RulesWrite
from app.assemblies.rules import audit_words, editing, pages, service, shown
from app.assemblies.rules.models import RulePack
from app.assemblies.rules.schemas import (
    ChoiceRead,
    ChoiceWrite,
    DraftWrite,
    PackCreate,
    PackDetail,
    PackRead,
    VersionDetail,
)
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.navigation import RULES, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.versions import IfMatch

router = APIRouter(tags=["rules"])


def _home(_data: object, request: Request) -> str:
    return f"/rule-packs/{request.path_params['pack_id']}"


def _editor(data: Any, request: Request) -> str:
    """Back to the editor; after publishing to the pack itself."""
    return _home(data, request) + ("" if data.state == "published" else "/draft")


@router.get("/rule-packs")
@html("rules/list.html", extra=pages.list_extra)
def list_rule_packs(s: SessionDep, who: AssembliesRead, paging: PagingDep) -> Page[PackRead]:
    """Rule packs within reach by key: built in for all, and the communities' own."""
    keys: list[Any] = [(col(RulePack.key), str), (col(RulePack.id), UUID)]
    page = paginate(s, service.visible(who), paging, keys)
    return Page[PackRead](**{**page, "items": shown.packs(s, who, page["items"])})


@router.get("/rule-choices")
def list_rule_choices(s: SessionDep, who: AssembliesRead) -> Page[ChoiceRead]:
    """By which pack each body of one's own community decides today."""
    found = shown.choices(s, who)
    return Page[ChoiceRead](items=found, total=len(found))


@router.post("/rule-packs", status_code=201)
@html(
    form="rules/new.html",
    extra=pages.new_extra,
    then=lambda made, _request: f"/rule-packs/{made.id}/draft",
    done=N_("规则包已建立，请编辑草稿并注明出处。"),
)
def create_rule_pack(s: SessionDep, who: RulesWrite, data: PackCreate, response: Response) -> PackRead:
    """Begin a pack of one's own: a draft, empty or copied from another pack without its sources."""
    made = editing.create(s, who, data)
    response.headers["Location"] = f"/rule-packs/{made.id}"
    return shown.packs(s, who, [made])[0]


router.routes.extend(pages.router.routes)


@router.get("/rule-packs/{pack_id}")
@html("rules/pack.html", extra=pages.pack_extra)
def read_rule_pack(s: SessionDep, who: AssembliesRead, pack_id: UUID) -> PackDetail:
    """A pack in plain words: every rule with its source, and all versions."""
    return shown.detail(s, who, pack_id)


@router.get("/rule-packs/{pack_id}/versions/{version_number}")
@html("rules/version.html", extra=pages.read_extra)
def read_rule_version(
    s: SessionDep, who: AssembliesRead, pack_id: UUID, version_number: Annotated[int, Path(ge=1, le=1_000_000)]
) -> VersionDetail:
    """What one version says; a published one never changes."""
    return shown.numbered(s, who, pack_id, version_number)


@router.post("/rule-packs/{pack_id}/draft", status_code=201)
@html(form="rules/pack.html", extra=pages.pack_extra, current=pages.current, then=_editor)
def start_rule_draft(s: SessionDep, who: RulesWrite, pack_id: UUID, response: Response) -> VersionDetail:
    """Begin a new version as a draft of the newest; the one there is, where there is one."""
    row = editing.start_draft(s, who, pack_id)
    response.headers["Location"] = f"/rule-packs/{pack_id}/draft"
    return shown.version_detail(service.find(s, who, pack_id), row)


@router.put("/rule-packs/{pack_id}/draft")
@html(
    form="rules/editor.html",
    extra=pages.editor_extra,
    current=pages.current_draft,
    then=_editor,
    done=N_("已保存。"),
)
def update_rule_draft(
    s: SessionDep, who: RulesWrite, pack_id: UUID, data: DraftWrite, if_match: IfMatch
) -> VersionDetail:
    """Keep the whole draft and take a step of the editor: save, add, remove, or publish (refused without sources)."""
    row = editing.write_draft(s, who, pack_id, data, if_match)
    return shown.version_detail(service.find(s, who, pack_id), row)


@router.delete("/rule-packs/{pack_id}/draft", status_code=204)
@html(
    form="rules/pack.html",
    extra=pages.pack_extra,
    current=pages.current,
    then="/rule-packs",
    done=N_("草稿已删除。"),
)
def discard_rule_draft(s: SessionDep, who: RulesWrite, pack_id: UUID, if_match: IfMatch) -> None:
    """Throw the draft away; a pack that was never published goes with it."""
    editing.discard_draft(s, who, pack_id, if_match)


@router.post("/rule-packs/{pack_id}/choose")
@html(
    form="rules/pack.html",
    extra=pages.pack_extra,
    current=pages.current,
    then="/rule-packs",
    done=N_("已选用。以前作出的决定仍按当时的规则。"),
)
def choose_rule_pack(s: SessionDep, who: RulesWrite, pack_id: UUID, data: ChoiceWrite) -> PackDetail:
    """From a day on, one's own community decides in this body by this pack."""
    editing.choose(s, who, pack_id, data)
    return shown.detail(s, who, pack_id)


add_nav(NavItem("/rule-packs", N_("议事规则"), "scale", "assemblies:read", 46, RULES))
audit_words.register()
