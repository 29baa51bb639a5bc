"""Third-party files are stored unmodified: each is the one that the manifest names, and no other is there."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

VENDOR = Path(__file__).parent.parent / "app" / "static" / "vendor"
FILES: list[dict[str, str]] = json.loads((VENDOR / "manifest.json").read_text("utf-8"))["files"]


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry["file"])
def test_file_is_the_one_in_the_manifest(entry: dict[str, str]) -> None:
    digest = hashlib.sha384((VENDOR / entry["file"]).read_bytes()).digest()
    assert entry["sha384"] == "sha384-" + base64.b64encode(digest).decode()


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry["file"])
def test_origin_and_licence_are_recorded(entry: dict[str, str]) -> None:
    assert entry["package"] and entry["version"] and entry["source"] and entry["licence"]
    assert len(base64.b64decode(entry["integrity"].removeprefix("sha512-"), validate=True)) == 64


def test_no_file_is_unaccounted_for() -> None:
    stored = {path.name for path in VENDOR.iterdir()}
    assert stored == {entry["file"] for entry in FILES} | {"manifest.json"}


def test_every_package_comes_with_its_licence_text() -> None:
    licensed = {entry["package"] for entry in FILES if entry["source"] == "LICENSE"}
    assert licensed == {entry["package"] for entry in FILES}
