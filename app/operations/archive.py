"""The backup file: one zip with a signed manifest and the database, written whole or not at all.

The manifest names the schema revision, the counts of every table, the head of the audit log and the SHA-256 of the
database; it is signed with the installation's key, so a changed backup and a backup of another secret are told apart.
Sealed files lie beside the database under `files/`; their index, with the SHA-256 of each, is named in the manifest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from app.core import crypto
from app.operations.errors import OperatorError

FORMAT = 1
MANIFEST = "manifest.json"
FILES, INDEX = "files/", "files.json"
_CHUNK = 1024 * 1024
_LARGEST_MANIFEST = 1024 * 1024
_LARGEST_INDEX = 256 * 1024 * 1024


def _canonical(manifest: dict[str, Any]) -> str:
    return json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def digest_of(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


@contextlib.contextmanager
def private_file(beside: Path) -> Iterator[Path]:
    """A path for an unfinished file in the same directory, readable by its owner only; gone afterwards."""
    unfinished = beside.with_name(f".{beside.name}.{os.getpid()}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    try:
        yield unfinished
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            unfinished.with_name(unfinished.name + suffix).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Waits until a file or a directory is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(
    target: Path, payload: Path, name: str, manifest: dict[str, Any], files: Mapping[str, Path] | None = None
) -> dict[str, Any]:
    """Puts the database, its files and its manifest into `target`, which appears only when it is complete.

    `files` are paths by their keys. One that is not there any more is counted as missing: its row may have gone since.
    """
    with private_file(target) as unfinished:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            index = _add_files(archive, files or {})
            complete = _complete({**manifest, **index}, payload, name)
            signed = {**complete, "signature": crypto.sign(_canonical(complete))}
            archive.writestr(MANIFEST, json.dumps(signed, ensure_ascii=False, indent=2))
            archive.write(payload, name)
        sync(unfinished)
        unfinished.replace(target)
    sync(target.parent)
    return complete


def _add_files(archive: zipfile.ZipFile, files: Mapping[str, Path]) -> dict[str, Any]:
    """Adds the files as they are (sealed bytes do not shrink) and their index; returns what the manifest says."""
    digests: dict[str, str] = {}
    for key, path in sorted(files.items()):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        archive.writestr(f"{FILES}{key}", content, zipfile.ZIP_STORED)
        digests[key] = hashlib.sha256(content).hexdigest()
    index = json.dumps(digests, sort_keys=True).encode()
    archive.writestr(INDEX, index)
    missing = len(files) - len(digests)
    return {"files": len(digests), "files_missing": missing, "files_sha256": hashlib.sha256(index).hexdigest()}


def _complete(manifest: dict[str, Any], payload: Path, name: str) -> dict[str, Any]:
    complete = {
        **manifest,
        "format": FORMAT,
        "payload": name,
        "size": payload.stat().st_size,
        "sha256": digest_of(payload),
        "key_id": crypto.key_id(),
    }
    return dict(json.loads(_canonical(complete)))


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a genuine backup of this installation."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
                raise OperatorError(f"{path} is not a backup made by qinlian")
            manifest = json.loads(archive.read(MANIFEST))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as broken:
        raise OperatorError(f"{path} is not a backup made by qinlian, or it is damaged") from broken
    signature = str(manifest.pop("signature", "")) if isinstance(manifest, dict) else ""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise OperatorError(f"{path} was made by another version of qinlian")
    if manifest.get("key_id") != crypto.key_id():
        raise OperatorError(f"{path} was made under another APP_SECRET: sealed data in it could not be opened")
    if not crypto.signed_by(crypto.public_key(), signature, _canonical(manifest)):
        raise OperatorError(f"{path} was changed after it was made: its manifest is not the one that was signed")
    return manifest


def extract(path: Path, manifest: dict[str, Any], target: Path) -> None:
    """Writes the database to `target`, and refuses it when a single bit differs."""
    digest, size = hashlib.sha256(), 0
    try:
        with (
            zipfile.ZipFile(path) as archive,
            archive.open(str(manifest["payload"])) as source,
            target.open("wb") as out,
        ):
            for chunk in _chunks(source):
                size += len(chunk)
                if size > int(manifest["size"]):
                    break
                digest.update(chunk)
                out.write(chunk)
    except (zipfile.BadZipFile, KeyError, EOFError) as broken:
        raise OperatorError(f"{path} is damaged: the database in it cannot be read") from broken
    if size != manifest["size"] or digest.hexdigest() != manifest["sha256"]:
        raise OperatorError(f"{path} was changed after it was made: the checksum of its database is wrong")


def extract_files(path: Path, manifest: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Each file with its key, verified; none for a backup that was made before there were files."""
    if "files_sha256" not in manifest:
        return
    wrong = OperatorError(f"{path} was changed after it was made: the checksum of its files is wrong")
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(INDEX).file_size > _LARGEST_INDEX:
                raise wrong
            index = archive.read(INDEX)
            if hashlib.sha256(index).hexdigest() != manifest["files_sha256"]:
                raise wrong
            for key, digest in json.loads(index).items():
                content = archive.read(f"{FILES}{key}")
                if hashlib.sha256(content).hexdigest() != digest:
                    raise wrong
                yield key, content
    except (zipfile.BadZipFile, KeyError, EOFError) as broken:
        raise OperatorError(f"{path} is damaged: the files in it cannot be read") from broken


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk
