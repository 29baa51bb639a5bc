"""Every string of the interface exists in English, and every translation is still used.

Chinese needs no catalogue: the message id is the Chinese text. Strings are collected as translators' tools do it, from
the Python files of `app/` and from `templates/`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
ENGLISH = ROOT / "app/locales/en"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|(?<!%)%(?![%(])")
CHINESE = re.compile("[\u4e00-\u9fff]")
SHOWN = re.compile(r">([^<>{}]*[\u4e00-\u9fff][^<>{}]*)<")
SOURCES = sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "templates").rglob("*.html")])
FILES = sorted(ENGLISH.glob("*.po"))

Key = tuple[str | None, str]


def strings() -> dict[Key, set[str]]:
    """Every marked string (with its context) and the files that use it."""
    found: dict[Key, set[str]] = defaultdict(set)
    for path in SOURCES:
        how = "python" if path.suffix == ".py" else "jinja2"
        for _line, message, _comments, context in extract_from_file(how, str(path), keywords=KEYWORDS):
            singular = message if isinstance(message, str) else message[0]
            found[context, singular].add(str(path.relative_to(ROOT)))
    return found


def catalogue(path: Path) -> list[Message]:
    with path.open("rb") as source:
        return [message for message in read_po(source, locale="en", abort_invalid=True) if message.id]


def key(message: Message) -> Key:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def translations(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or [])


def placeholders(text: str) -> set[str]:
    return {found.group() for found in PLACEHOLDER.finditer(text)}


STRINGS = strings()
ENTRIES = [(path, message) for path in FILES for message in catalogue(path)]


def test_strings_were_found() -> None:
    assert len(STRINGS) > 200 and len(FILES) >= 4


def test_every_string_has_english() -> None:
    known = {key(message) for _path, message in ENTRIES if any(translations(message))}
    missing = {text: sorted(files) for (context, text), files in STRINGS.items() if (context, text) not in known}
    assert not missing, "\n".join(f"{text!r}: {files}" for text, files in missing.items())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_entry_is_used_finished_and_fills_the_same_marks(path: Path) -> None:
    faults = []
    with path.open("rb") as source:
        obsolete = read_po(source, locale="en").obsolete
    faults += [f"obsolete: {name}" for name in obsolete]
    for message in catalogue(path):
        name = key(message)
        if name not in STRINGS:
            faults.append(f"no longer used: {name}")
        if message.fuzzy:
            faults.append(f"fuzzy: {name}")
        for text in translations(message):
            if not text:
                faults.append(f"empty: {name}")
            if placeholders(text) != placeholders(name[1]):
                faults.append(f"other marks: {name}: {text!r}")
            if CHINESE.search(text):
                faults.append(f"still Chinese: {name}: {text!r}")
    assert not faults, "\n".join(faults)


def test_one_string_has_one_translation() -> None:
    said: dict[Key, set[str]] = defaultdict(set)
    for _path, message in ENTRIES:
        said[key(message)].add(repr(translations(message)))
    assert not {name: texts for name, texts in said.items() if len(texts) > 1}


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".html"], ids=lambda p: str(p.relative_to(ROOT)))
def test_no_template_shows_chinese_that_is_not_marked(path: Path) -> None:
    """Names that are Chinese in any language (the product's, the languages') say so with lang="zh-CN"."""
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", path.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"<(\w+)[^>]*lang=\"zh-CN\"[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    bare = [found for found in SHOWN.findall(f">{text}<") if found.strip() not in {"· 勤廉", "勤廉"}]
    assert not bare


def test_the_checks_see_offenders() -> None:
    assert placeholders("%(n)s of 100%") == {"%(n)s", "%"} and placeholders("50%%") == set()
    assert SHOWN.findall("<p>中文</p>") == ["中文"]
