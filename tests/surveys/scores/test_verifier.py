"""The standalone verifier: it agrees with what is published, and notices every change of meaning."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.surveys.scores.bundle import canonical
from tests.surveys.scores import bundles

VERIFIER = Path(__file__).resolve().parents[3] / "app/static/verify.py"
# What a bundle says to people and no figure rests on: where it was, when, what it was called.
SAID_ONLY = {
    ("round", name)
    for name in ("id", "community", "community_code", "instrument", "title", "period", "panel", "secrecy", "opened_at",
                 "closed_at", "revision")
}  # fmt: skip


def run(text: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(VERIFIER), "-", *options]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)


def run_here(text: str, path: Path) -> tuple[int, str]:
    """The same within this process, which is quicker where it is done a hundred times."""
    path.write_text(text, "utf-8")
    said = io.StringIO()
    names = runpy.run_path(str(VERIFIER), run_name="verify")
    before, sys.argv = sys.argv, ["verify.py", str(path)]
    try:
        with contextlib.redirect_stdout(said):
            status: int = names["main"]()
    finally:
        sys.argv = before
    return status, said.getvalue()


@lru_cache(maxsize=8)
def made(census: bool = False, few: bool = False, divided: bool = True) -> str:
    return json.dumps(bundles.make(census=census, few=few, divided=divided), ensure_ascii=False)


@pytest.mark.parametrize("census", [True, False])
@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize("divided", [True, False])
def test_a_published_bundle_holds(census: bool, few: bool, divided: bool) -> None:
    done = run(made(census, few, divided))
    assert done.returncode == 0, done.stdout
    assert "不符" not in done.stdout.replace("相符", "") and done.stderr == ""
    assert ("无法复核" in done.stdout) == (few or not divided)


def test_english() -> None:
    done = run(made(), "--en")
    assert done.returncode == 0 and "DOES NOT HOLD" not in done.stdout
    assert "Everything that can be checked holds." in done.stdout


def test_what_suppression_hides_is_not_in_the_bundle() -> None:
    found = json.loads(made(few=True))
    assert found["sheets"]["s2"] is None and found["sheets"]["s1"] is not None
    assert found["scores"][2]["suppressed"] == "few" and found["scores"][2]["valid"] is None
    assert "s2" not in json.dumps([found["sheets"]["s1"], found["sheets"]["c"]])
    assert {sheet["stratum"] for sheet in json.loads(made(divided=False))["sheets"]["c"]} == {""}


def test_free_text_and_persons_are_not_in_the_bundle() -> None:
    assert all("why" not in sheet["answers"] for sheet in json.loads(made())["sheets"]["c"])


def test_no_sheet_can_be_followed_from_subject_to_subject() -> None:
    found = json.loads(made())["sheets"]
    for sheets in found.values():
        assert sheets == sorted(sheets, key=canonical)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    elif isinstance(value, list):
        yield path
        for index, below in enumerate(value):
            yield from leaves(below, (*path, index))
    else:
        yield path


def meant(path: tuple[Any, ...]) -> bool:
    """Whether a figure rests on this place. A receipt is looked up by whoever holds it; names are said only."""
    if path[0] == "receipts" and len(path) > 1:
        return False
    if path[:2] in SAID_ONLY or (path[-1:] == ("name",) and path[0] == "subjects"):
        return False
    if path[0] == "scores" and path[-1] in ("id", "revision", "reason", "supersedes", "audit_head"):
        return False
    return path != ("counts", "on_paper") and not (path[0] == "draws" and path[-1] in ("source", "number", "voided"))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def changed(value: Any, how: int) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + (1 if how % 2 else -1)
    if isinstance(value, str):
        where = how % (len(value) or 1)
        other = "b" if value[where : where + 1] == "a" else "a"
        return value[:where] + other + value[where + 1 :]
    if isinstance(value, list):
        return value[: where_of(value, how)] + value[where_of(value, how) + 1 :] if value else ["a"]
    return 1


def where_of(value: list[Any], how: int) -> int:
    return how % len(value)


@lru_cache(maxsize=8)
def places(census: bool, few: bool) -> list[tuple[Any, ...]]:
    """Where something can be changed. Of areas whose sheets are withheld only the sizes can be checked."""
    bundle = json.loads(made(census, few))
    split = any(sheet["stratum"] for sheets in bundle["sheets"].values() for sheet in sheets or [])
    found = [path for path in leaves(bundle) if meant(path)]
    return [path for path in found if split or not (path[0] == "scores" and path[2:3] == ("areas",) and len(path) > 3)]


@pytest.mark.parametrize("census", [True, False])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(data=st.data())
def test_any_change_of_meaning_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, census: bool, data: st.DataObject
) -> None:
    few = data.draw(st.booleans())
    everywhere = places(census, few)
    group = data.draw(st.sampled_from(sorted({str(path[0]) for path in everywhere})))
    path = data.draw(st.sampled_from([p for p in everywhere if str(p[0]) == group]))
    found = copy.deepcopy(json.loads(made(census, few)))
    parent = at(found, path[:-1])
    before = parent[path[-1]]
    parent[path[-1]] = changed(before, data.draw(st.integers(0, 63)))
    if parent[path[-1]] == before:
        return
    status, said = run_here(json.dumps(found, ensure_ascii=False), tmp_path_factory.getbasetemp() / "changed.json")
    assert status in (1, 2), (path, before, parent[path[-1]], said)


@pytest.mark.parametrize(
    "forgery",
    [
        lambda b: b["counts"].update(returned=51, added=1),
        lambda b: b["receipts"].pop(),
        lambda b: b["receipts"].__setitem__(0, b["receipts"][1]),
        lambda b: b["sheets"]["c"].pop(),
        lambda b: b["sheets"].update(c=None),
        lambda b: b["scores"].pop(),
        lambda b: b["scores"].reverse(),
        lambda b: b["draws"][0]["picks"].reverse(),
        lambda b: b["draws"][0].update(public="别的数"),
        lambda b: b["draws"][0].update(seed="cd" * 32),
        lambda b: b["draws"][0]["replaced"].append(
            {"id": b["draws"][0]["picks"][0]["id"], "by": "", "reason": "refused"}
        ),
        lambda b: b["draws"].append(copy.deepcopy(b["draws"][0])),
        lambda b: b["draws"].clear(),
        lambda b: b["frame"]["units"].pop(),
        lambda b: b["definition"]["sections"][0]["questions"][0].update(weight=5),
        lambda b: b["definition"].update(smallest_cell=3),
    ],
)  # fmt: skip
def test_forgeries_are_noticed(forgery: Any) -> None:
    found = json.loads(made())
    forgery(found)
    done = run(json.dumps(found))
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr


def test_replacements_in_order() -> None:
    found = json.loads(made())
    picks = found["draws"][0]["picks"]
    first = next(p for p in picks if not p["reserve"])
    reserves = [p for p in picks if p["reserve"] and p["stratum"] == first["stratum"]]
    found["draws"][0]["replaced"] = [{"id": first["id"], "by": reserves[0]["id"], "reason": "moved"}]
    assert run(json.dumps(found)).returncode == 0
    found["draws"][0]["replaced"][0]["by"] = reserves[1]["id"]
    assert run(json.dumps(found)).returncode == 1


def test_a_voided_draw_is_named() -> None:
    found = json.loads(made())
    voided = copy.deepcopy(found["draws"][0]) | {"number": 2, "voided": "骰子滚下了桌"}
    unseen = copy.deepcopy(voided) | {"number": 3, "seed": ""}
    found["draws"] += [voided, unseen]
    done = run(json.dumps(found, ensure_ascii=False))
    assert done.returncode == 0 and "骰子滚下了桌" in done.stdout


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"format": "x"}', "\x00", '{"format":"qinlian-bundle-v1"}'])
def test_what_is_no_bundle(text: str) -> None:
    done = run(text)
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr


def test_it_needs_only_the_standard_library_and_is_served(visit_as: Any) -> None:
    text = VERIFIER.read_text("utf-8")
    imports = [line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert set(imports) <= set(sys.stdlib_module_names)
    assert len(text.splitlines()) < 400
    assert visit_as(None).get("/static/verify.py").text == text
