"""Making, changing, publishing and choosing packs of one's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.rules import lint, service
from app.assemblies.rules.definition import (
    MOST_CALLERS,
    MOST_CONDITIONS,
    Base,
    Caller,
    Condition,
    Count,
    Definition,
    ElectionRules,
    RuleBody,
    RuleSet,
    Sources,
    document,
    hash_of,
)
from app.assemblies.rules.models import PackChoice, RulePack, RulePackVersion, VersionState
from app.assemblies.rules.schemas import ChoiceWrite, DraftWrite, PackCreate
from app.communities.models import Community
from app.core.clock import now
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _
from app.members.service import own_community


def create(s: Session, who: Principal, data: PackCreate) -> RulePack:
    """A pack of one's own with a draft: empty, or as another pack without its sources and without its example mark."""
    definition = Definition(sets=[RuleSet(body=RuleBody.representative_assembly, election=ElectionRules())])
    if data.from_pack_id is not None:
        source = service.versions(s, service.find(s, who, data.from_pack_id).id)
        definition = _without_sources(service.definition_of(source[0]))
    definition.title = data.title
    community_id = own_community(who)
    lock_row(s, Community, community_id)
    pack = RulePack(community_id=community_id, key=_free_key(s, community_id), title=data.title)
    s.add(pack)
    s.flush()
    _add_draft(s, pack, definition, 1)
    return pack


def _free_key(s: Session, community_id: UUID) -> str:
    taken = set(s.scalars(select(col(RulePack.key)).where(col(RulePack.community_id) == community_id)))
    return next(key for n in range(1, len(taken) + 2) if (key := f"charter-{n}") not in taken)


def _without_sources(definition: Definition) -> Definition:
    """Whoever copies rules must say anew where they are written."""

    def bare(conditions: list[Condition]) -> list[Condition]:
        return [c.model_copy(update={"source": ""}) for c in conditions]

    copied = definition.model_copy(deep=True, update={"example": False, "note": "", "note_en": "", "title_en": ""})
    for rules in copied.sets:
        rules.sources, rules.quorum = Sources(), bare(rules.quorum)
        rules.adoption.ordinary, rules.adoption.special = bare(rules.adoption.ordinary), bare(rules.adoption.special)
        rules.callers = [
            Caller(who=c.who, condition=bare([c.condition])[0] if c.condition else None) for c in rules.callers
        ]
        if rules.election:
            e = rules.election
            e.valid, e.elected, e.second_round, e.source = bare(e.valid), bare(e.elected), bare(e.second_round), ""
    return copied


def _add_draft(s: Session, pack: RulePack, definition: Definition, number: int) -> RulePackVersion:
    draft = RulePackVersion(pack_id=pack.id, number=number, definition={}, hash="")
    _write(pack, draft, definition)
    s.add(draft)
    flush_or(s, Conflict(_("已经有一份草稿，请刷新后继续修改。"), code="draft_exists"))
    return draft


def _write(pack: RulePack, row: RulePackVersion, definition: Definition) -> None:
    row.definition = definition.model_dump(mode="json")
    row.hash = hash_of(
        document(
            pack.key,
            row.number,
            definition,
            citation=row.citation,
            source_url=row.source_url,
            effective_from=row.effective_from,
            effective_to=row.effective_to,
        )
    )


def _own(s: Session, who: Principal, pack_id: UUID) -> RulePack:
    pack = service.find(s, who, pack_id)
    if pack.community_id is None:
        raise Forbidden(_("内置的规则包不能修改。请复制一份，再修改副本。"), code="built_in")
    lock_row(s, RulePack, pack.id)
    return pack


def _draft(s: Session, pack: RulePack) -> RulePackVersion | None:
    return s.scalars(
        select(RulePackVersion).where(
            col(RulePackVersion.pack_id) == pack.id, col(RulePackVersion.state) == VersionState.draft
        )
    ).one_or_none()


def draft(s: Session, who: Principal, pack_id: UUID) -> RulePackVersion:
    pack = service.find(s, who, pack_id)
    found = _draft(s, pack)
    if found is None:
        raise NotFound(_("这个规则包现在没有草稿。"))
    return found


def start_draft(s: Session, who: Principal, pack_id: UUID) -> RulePackVersion:
    """The draft to go on with: the one there is, else a new one that begins as the newest version."""
    pack = _own(s, who, pack_id)
    found = _draft(s, pack)
    if found is not None:
        return found
    newest = service.versions(s, pack.id)[0]
    made = _add_draft(s, pack, service.definition_of(newest), newest.number + 1)
    made.citation, made.source_url = newest.citation, newest.source_url
    _write(pack, made, service.definition_of(newest))
    s.flush()
    return made


def write_draft(s: Session, who: Principal, pack_id: UUID, data: DraftWrite, version: int | None) -> RulePackVersion:
    """Keeps the whole draft as it was sent, then takes the step that was asked for."""
    pack = _own(s, who, pack_id)
    found = _draft(s, pack)
    if found is None:
        raise NotFound(_("这个规则包现在没有草稿。"))
    check_version(found, version)
    lint.require_sound(data)
    publish = data.op == "publish"
    if publish:
        lint.require_publishable(data)
    definition = data.definition() if publish else apply(data.definition(), data.op)
    found.citation, found.source_url = data.citation, data.source_url
    found.effective_from, found.effective_to = data.effective_from, data.effective_to
    _write(pack, found, definition)
    if publish:
        found.state, found.published_at = VersionState.published, now()
    if publish or found.number == 1:
        pack.title, pack.title_en = data.title, data.title_en
        touch(pack)
        s.add(pack)
    touch(found)
    s.add(found)
    s.flush()
    return found


def discard_draft(s: Session, who: Principal, pack_id: UUID, version: int | None) -> None:
    """Throws the draft away; a pack that was never published goes with it."""
    pack = _own(s, who, pack_id)
    found = _draft(s, pack)
    if found is None:
        raise NotFound(_("这个规则包现在没有草稿。"))
    check_version(found, version)
    s.delete(found)
    s.flush()
    if found.number == 1:
        s.delete(pack)
        s.flush()


# --- the steps of the editor ----------------------------------------------------------------------------------

_NEW: dict[str, Callable[[RuleSet], Condition]] = {
    "quorum": lambda rules: _condition(rules, Count.present, Base.entitled),
    "adoption.ordinary": lambda rules: _condition(rules, Count.in_favour, Base.present),
    "adoption.special": lambda rules: _condition(rules, Count.in_favour, Base.present),
    "election.valid": lambda _rules: Condition(count=Count.returned, base=Base.entitled, num=1, den=2, strict=True),
    "election.elected": lambda _rules: Condition(count=Count.in_favour, base=Base.returned, num=1, den=2, strict=True),
    "election.second_round": lambda _rules: Condition(count=Count.in_favour, base=Base.returned, num=1, den=3),
}


def _condition(rules: RuleSet, count: Count, base: Base) -> Condition:
    if rules.body == RuleBody.owners_assembly:
        count = Count.participating if count == Count.present else count
        base = Base.participating if base == Base.present else base
    return Condition(count=count, base=base, num=1, den=2, strict=True)


def apply(definition: Definition, op: str) -> Definition:
    """One step of the editor on the rules; an unknown one is refused."""
    verb, _colon, rest = op.partition(":")
    if verb == "save" and not rest:
        return definition
    steps: dict[str, Callable[[Definition, str], bool]] = {
        "add": _add, "remove": _remove, "add_set": _add_set, "remove_set": _remove_set,
    }  # fmt: skip
    if verb not in steps or not steps[verb](definition, rest):
        raise Invalid(_("没有这一步。"), field="op")
    return definition


def _place(definition: Definition, path: str) -> tuple[RuleSet | None, str]:
    """The rule set and the list within it that a path like `sets.0.quorum` names."""
    parts = path.split(".")
    if len(parts) < 3 or parts[0] != "sets" or not parts[1].isdecimal() or len(parts[1]) > 2:
        return None, ""
    at = int(parts[1])
    return (definition.sets[at], ".".join(parts[2:])) if at < len(definition.sets) else (None, "")


def _add(definition: Definition, path: str) -> bool:
    rules, name = _place(definition, path)
    if rules is not None and name == "callers" and len(rules.callers) < MOST_CALLERS:
        rules.callers.append(Caller(who="committee"))
        return True
    if rules is None or name not in _NEW:
        return False
    if name.startswith("election.") and rules.election is None:
        rules.election = ElectionRules()
    there = lint.conditions(rules, name)
    if len(there) >= MOST_CONDITIONS:
        return False
    there.append(_NEW[name](rules))
    return True


def _remove(definition: Definition, path: str) -> bool:
    head, _dot, index = path.rpartition(".")
    rules, name = _place(definition, head)
    if rules is None or not index.isdecimal() or len(index) > 2:
        return False
    there: list[Caller] | list[Condition] = rules.callers if name == "callers" else lint.conditions(rules, name)
    if int(index) >= len(there):
        return False
    del there[int(index)]
    return True


def _add_set(definition: Definition, body: str) -> bool:
    if body not in list(RuleBody) or definition.of(body) is not None:
        return False
    election = ElectionRules() if body in lint.ELECTED else None
    definition.sets.append(RuleSet(body=RuleBody(body), election=election))
    return True


def _remove_set(definition: Definition, index: str) -> bool:
    if not index.isdecimal() or len(index) > 2 or int(index) >= len(definition.sets):
        return False
    del definition.sets[int(index)]
    return True


# --- choosing -------------------------------------------------------------------------------------------------


def choose(s: Session, who: Principal, pack_id: UUID, data: ChoiceWrite) -> PackChoice:
    """From a day on, this pack holds for a body. What was decided before keeps the rules that it was taken under.

    Choosing twice for one day leaves the later choice.
    """
    pack = service.find(s, who, pack_id)
    community_id = own_community(who)
    lock_row(s, Community, community_id)
    _require_usable(s, pack, data.body, data.from_on)
    mine = (col(PackChoice.community_id) == community_id, col(PackChoice.body) == data.body)
    choice = s.scalars(select(PackChoice).where(*mine, col(PackChoice.from_on) == data.from_on)).one_or_none()
    if choice is None:
        choice = PackChoice(community_id=community_id, body=data.body, pack_id=pack.id, from_on=data.from_on)
    elif choice.pack_id != pack.id:
        choice.pack_id = pack.id
        touch(choice)
    s.add(choice)
    s.flush()
    return choice


def _require_usable(s: Session, pack: RulePack, body: RuleBody, on: date) -> None:
    version = service.effective(s, pack.id, on)
    if version is None:
        raise Conflict(_("这个规则包在那一天没有已发布并生效的版本。"), code="no_rules", field="from_on")
    rules = service.definition_of(version).of(body)
    if rules is None:
        raise Conflict(_("这个规则包没有这个组织的规则。"), code="no_rules", field="body")
    if not rules.decides:
        raise Conflict(
            _("这个规则包没有写明到会和通过条件，不能据此作决定。请复制一份，对照原文补齐后再选用。"),
            code="rules_incomplete",
            field="body",
        )
