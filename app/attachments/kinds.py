"""What a file is, told from its bytes and never from its name: JPEG, PNG, WebP, PDF, DOCX, XLSX, and nothing else.

A file that is two things at once (a picture with an archive behind it, a document with a program in it) is refused
or, where it is a picture, made anew from its pixels so that the other thing is gone.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile

from app.core.errors import Invalid
from app.core.i18n import gettext as _

LARGEST = 20 * 1024 * 1024
_MOST_PARTS = 4000
_MOST_UNPACKED = 400 * 1024 * 1024
_LONGEST_NAME = 120
_OFFICE = "application/vnd.openxmlformats-officedocument."
JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
DOCX, XLSX = f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet"
ENDINGS = {JPEG: "jpg", PNG: "png", WEBP: "webp", PDF: "pdf", DOCX: "docx", XLSX: "xlsx"}
PICTURES = frozenset({JPEG, PNG, WEBP})
_MAIN_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
_ACTIVE_PARTS = ("vbaproject.bin", "activex", "oleobject")


def refused(message: str, code: str) -> Invalid:
    return Invalid(message, code=code, field="file")


def unknown() -> Invalid:
    return refused(_("只能上传 JPEG、PNG、WebP 图片和 PDF、DOCX、XLSX 文件。"), "file_type")


def broken() -> Invalid:
    return refused(_("文件已损坏，无法读取。请重新保存后再上传。"), "file_broken")


def sniff(data: bytes) -> str:
    """The media type of a file, or a refusal."""
    if not data:
        raise refused(_("文件是空的。"), "file_empty")
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data.startswith(b"%PDF-"):
        return _pdf(data)
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    raise unknown()


def _pdf(data: bytes) -> str:
    """A PDF that is finished: its end mark stands near the end, so that nothing else hangs behind it."""
    if b"%%EOF" not in data[-1024:]:
        raise broken()
    return PDF


def _office(data: bytes) -> str:
    """A document or a workbook of Office Open XML without macros, and of a size that can be opened safely."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts, comment = archive.infolist(), archive.comment
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as wrong:
        raise broken() from wrong
    names = {part.filename for part in parts}
    kind = next((kind for part, kind in _MAIN_PARTS.items() if part in names), None)
    if kind is None or "[Content_Types].xml" not in names:
        raise unknown()
    if comment or not data.endswith(b"\x00\x00") or any(_unsafe(part) for part in parts) or len(names) != len(parts):
        raise refused(_("这个文件里有不安全的内容，不能上传。"), "file_unsafe")
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
        raise refused(_("这个文件解开后过大，不能上传。"), "file_bomb")
    if any(mark in name.lower() for name in names for mark in _ACTIVE_PARTS):
        raise refused(_("文件含有宏或嵌入的程序，请去掉后再上传。"), "file_active")
    return kind


def _unsafe(part: zipfile.ZipInfo) -> bool:
    """Encrypted, or with a name that leads out of the archive."""
    steps = re.split(r"[/\\]", part.filename)
    return bool(part.flag_bits & 1) or ".." in steps or steps[0] == "" or ":" in part.filename


def plain_name(name: str, media_type: str) -> str:
    """The file's own name without its path or what cannot be shown, with the ending of what it is."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable() and not "\ud800" <= c <= "\udfff")
    stem = shown.rpartition(".")[0] or shown
    return f"{stem.strip(' .')[:_LONGEST_NAME] or _('文件')}.{ENDINGS[media_type]}"
