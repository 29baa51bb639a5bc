"""Pages of rule packs that only show, and what else their templates need."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from app.accounts.permissions import AssembliesRead, RulesWrite
from app.assemblies.rules import editing, lint, service, shown, trial, words
from app.assemblies.rules.definition import MOST_CALLERS, MOST_CONDITIONS, RuleBody, RuleSet
from app.assemblies.rules.models import RulePack
from app.assemblies.rules.schemas import PackDetail, TrialRead, VersionDetail
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.schemas import FormPage
from app.households.words import choices

router = APIRouter(tags=["rules"])


def read_extra(_view: View) -> dict[str, Any]:
    return words.for_pages()


def list_extra(view: View) -> dict[str, Any]:
    return {**words.for_pages(), "choices": shown.choices(view.s, view.who)}


def pack_extra(view: View) -> dict[str, Any]:
    return {**words.for_pages(), "asked_body": view.values.get("body")}


def new_extra(view: View) -> dict[str, Any]:
    """Which packs a new one may begin as."""
    found = view.s.scalars(service.visible(view.who).order_by(col(RulePack.community_id), col(RulePack.key)))
    asked = view.request.query_params.get("from_pack_id")
    return {"sources": [(str(pack.id), words.title(pack)) for pack in found], "asked": asked}


def current(view: View) -> PackDetail:
    """The pack beneath a refused form."""
    return shown.detail(view.s, view.who, view.param("pack_id"))


def current_draft(view: View) -> VersionDetail:
    """The draft beneath a refused form."""
    pack = service.find(view.s, view.who, view.param("pack_id"))
    return shown.version_detail(pack, editing.draft(view.s, view.who, pack.id))


def editor_extra(view: View) -> dict[str, Any]:
    """The choices of the editor."""
    draft = view.data or current_draft(view)
    pack = service.find(view.s, view.who, draft.pack_id)
    there = {rules.body for rules in draft.definition.sets}
    return {
        **words.for_pages(),
        "pack": pack,
        "counts": [(str(key), text) for key, text in words.for_pages()["count_words"].items() if key != "signed"],
        "bases": list(words.for_pages()["base_words"].items()),
        "callers": list(words.for_pages()["caller_words"].items()),
        "addable": [(key, text) for key, text in choices(words.BODIES) if RuleBody(key) not in there],
        "elected": lint.ELECTED,
        "most": {"conditions": MOST_CONDITIONS, "callers": MOST_CALLERS},
        "conditions_at": conditions_at,
    }


def conditions_at(rules: RuleSet, name: str) -> list[Any]:
    return lint.conditions(rules, name)


@router.get("/rule-packs/new")
@html("rules/new.html", extra=new_extra)
def show_new_rule_pack(
    s: SessionDep,
    who: RulesWrite,
    from_pack_id: Annotated[UUID | None, Query(description="the pack to begin as")] = None,
) -> FormPage:
    """The form for a pack of one's own."""
    return FormPage(action="/rule-packs")


@router.get("/rule-packs/{pack_id}/draft")
@html("rules/editor.html", extra=editor_extra)
def read_rule_draft(s: SessionDep, who: RulesWrite, pack_id: UUID) -> VersionDetail:
    """The draft that is being edited."""
    pack = service.find(s, who, pack_id)
    return shown.version_detail(pack, editing.draft(s, who, pack.id))


@router.get("/rule-packs/{pack_id}/try")
@html("rules/try.html", extra=read_extra)
def try_rules(s: SessionDep, who: AssembliesRead, pack_id: UUID, entered: trial.EnteredDep) -> TrialRead:
    """What the rules make of counts: every condition worked out, and what other bases would have given."""
    return trial.run(s, who, pack_id, entered)
