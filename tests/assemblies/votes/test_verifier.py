"""The verifier on the files that votes publish: it accepts each, and refuses it with any field tampered with."""

from __future__ import annotations

import copy
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app.assemblies.votes import bundle, counting, declaring, electorate
from app.assemblies.votes.models import Vote
from app.assemblies.votes.schemas import CountEntry
from app.ballots import service as ballots
from app.ballots.models import BallotBox
from app.core.db import Database
from app.core.masking import mask_name
from app.households.models import Household
from tests.assemblies.votes.helpers import FOR, choices, declared, hands, motion, person, room, tap_all, vote
from tests.cast import Cast

VERIFIER = Path("app/static/verify.py")
Bundle = dict[str, Any]
_SPEC = importlib.util.spec_from_file_location("verify_votes", VERIFIER.with_name("verify_votes.py"))
assert _SPEC is not None and _SPEC.loader is not None
CHECKS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(CHECKS)


def verify(content: str | Bundle, *arguments: str) -> tuple[int, str]:
    """As a neighbour runs it."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    command = [sys.executable, str(VERIFIER), "-", *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def cast_passes(db: Database, vote_id: Any, said: list[Any]) -> None:
    with db.write() as s:
        box = s.get_one(BallotBox, s.get_one(Vote, vote_id).box_id)
        tokens = [slip.token for slip in ballots.renew_slips(s, box)]
    for token, choice in zip(tokens, said, strict=False):
        with db.write() as s:
            opened = ballots.find_by_token(s, token)
            assert opened is not None
            ballots.submit(s, opened, token, "once", {counting.CONTEST: {"choice": str(choice)}}, {})


def _hands(db: Database, cast: Cast) -> Any:
    about = motion(db, cast)
    made = vote(db, room(db, cast, 9, 7), "hands", motion_id=str(about), question="")
    with db.write() as s:
        counting.close(s, person(s, "王站长"), made)
        counting.enter(s, person(s, "王站长"), made, CountEntry(votes_for=3, votes_against=2, abstain=1))
        again = CountEntry(votes_for=4, votes_against=2, abstain=1, reason="漏数一人")
        counting.enter(s, person(s, "王站长"), made, again)
        declaring.declare(s, person(s, "王站长"), made)
    return made


def _roll_call(db: Database, cast: Cast) -> Any:
    made = vote(db, room(db, cast, 9, 7), "roll_call")
    tap_all(db, made, choices(3, 2, 1))
    return declared(db, made).id


def _paper(db: Database, cast: Cast) -> Any:
    made = vote(db, room(db, cast, 9, 7), "secret_paper")
    with db.write() as s:
        counting.close(s, person(s, "王站长"), made)
        figures = {"issued": 7, "returned": 6, "unreturned": 1, "valid": 5, "invalid": 1}
        entry = CountEntry(**figures, votes_for=4, votes_against=1, abstain=0)
        counting.enter(s, person(s, "王站长"), made, entry)
        counting.confirm(s, person(s, "李网格"), made)
        declaring.declare(s, person(s, "王站长"), made)
    return made


def _passes(db: Database, cast: Cast) -> Any:
    made = vote(db, room(db, cast, 9, 7), "secret_pass")
    cast_passes(db, made, choices(4, 1, 1))
    return declared(db, made).id


def _owners(db: Database, cast: Cast) -> Any:
    with db.write() as s:
        for home in s.exec(select(Household).where(Household.community_id == cast.community)):
            home.floor_area_cm2 = 9_050
    made = vote(db, None, "owners", matter="owners_special")
    tap_all(db, made, choices(4, 1))
    with db.write() as s:
        counting.close(s, person(s, "李网格"), made)
        counting.confirm(s, person(s, "王站长"), made)
        declaring.declare(s, person(s, "王站长"), made)
    return made


MADE: dict[str, Callable[[Database, Cast], Any]] = {
    "hands": _hands, "roll_call": _roll_call, "secret_paper": _paper, "secret_pass": _passes, "owners": _owners,
}  # fmt: skip


@pytest.mark.parametrize("method", MADE)
def test_what_a_vote_publishes_holds_and_any_change_of_it_does_not(db: Database, cast: Cast, method: str) -> None:
    made = MADE[method](db, cast)
    with db.read() as s:
        kept = bundle.find(s, made)
        text, names = kept.content, [one.name for one in electorate.electors(s, made)]
    published: Bundle = json.loads(text)
    assert _holds(published)
    code, said = verify(text)
    assert code == 0, said
    assert "不符" not in said and "数据包残缺" not in said
    assert ("无法复核" in said) == (method in ("hands", "secret_paper"))
    assert verify(text, "--en")[1].endswith("Everything that can be checked holds.\n")
    assert not any(name in text for name in names)
    assert all((mask_name(name) in text) == (method == "roll_call") for name in names)
    caught = {name: _refused(name, change, published) for name, change in _tampered(method).items()}
    assert all(caught.values()), caught


def _refused(name: str, change: Callable[[Bundle], Any], published: Bundle) -> bool:
    altered = copy.deepcopy(published)
    change(altered)
    assert altered != published, f"{name} changed nothing"
    return not _holds(altered)


def _holds(content: Bundle) -> bool:
    """The same checks in this process: the command line was tried on the whole file."""
    found: list[bool | None] = []
    try:
        CHECKS.check_vote(content, lambda holds, _zh, _en: found.append(holds))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration):
        return False
    return False not in found


def _set(*path: Any) -> Callable[[Bundle], None]:
    """Another value at this place: one more, the other way round, or something else."""

    def change(b: Bundle) -> None:
        at: Any = b
        for step in path[:-1]:
            at = at[step]
        was = at[path[-1]]
        at[path[-1]] = not was if isinstance(was, bool) else was + 1 if isinstance(was, int) else "x"

    return change


def _tampered(method: str) -> dict[str, Callable[[Bundle], Any]]:
    counted = ("issued", "returned", "unreturned", "valid", "invalid", "votes_for", "votes_against", "abstain")
    changes = {name: _set("count", name) for name in (*counted, "area_for", "area_participating")}
    if method in ("hands", "secret_paper"):  # no areas are read where no dwelling votes and no name is called
        del changes["area_for"], changes["area_participating"]
    changes |= {
        f"decision {key}": _set("decision", key) for key in ("outcome", "in_favour", "against", "abstain", "matter")
    }
    changes |= {
        "a rule": _set("pack", "definition", "sets", 0, "body"),
        "the hash of the rules": _set("pack_hash"),
        "a needed number": _set("decision", "quorum", 0, "needed"),
        "a condition's word": _set("decision", "adoption", 0, "holds"),
        "another base": _set("decision", "others", 0, "outcome"),
        "an elector less": lambda b: b["electors"].pop(),
        "an elector twice": lambda b: b["electors"].append(b["electors"][-1]),
        "somebody was there": _set("electors", 0, "present"),
        "the order of time": _set("vote", "opened_at"),
        "the matter": _set("vote", "matter"),
        "the resolution": lambda b: b.update(resolution=None if b["resolution"] else {"number": "1", "text": "x"}),
        "an empty time": lambda b: b["vote"].update(closed_at=""),
    }
    own: dict[str, dict[str, Callable[[Bundle], Any]]] = {
        "roll_call": {"a voice": lambda b: b["electors"][0].update(choice="against")},
        "owners": {
            "a voice": lambda b: b["electors"][0].update(choice="against"),
            "an area": lambda b: b["electors"][0].update(area=1),
        },
        "secret_pass": {
            "a ballot": lambda b: b["ballots"].__setitem__(0, str(FOR)),
            "a ballot less": lambda b: b["ballots"].pop(),
            "the order of ballots": lambda b: b["ballots"].reverse(),
            "a receipt less": lambda b: b["receipts"].pop(),
            "a receipt twice": lambda b: b["receipts"].__setitem__(0, b["receipts"][1]),
        },
        "hands": {"why it was recounted": lambda b: b["recounted"][0].update(reason="")},
    }
    return changes | own.get(method, {})


def test_the_verifier_needs_its_second_half_and_says_so(db: Database, cast: Cast, tmp_path: Path) -> None:
    result = hands(db, vote(db, room(db, cast, 3, 3), "hands"), 3)
    with db.read() as s:
        text = bundle.find(s, result.id).content
    alone = tmp_path / "verify.py"
    alone.write_bytes(VERIFIER.read_bytes())
    done = subprocess.run([sys.executable, str(alone), "-"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "verify_votes.py" in done.stdout
