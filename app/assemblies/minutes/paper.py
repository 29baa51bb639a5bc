"""Minutes on paper: as a Word document, and as PDF where the optional extra and its system libraries are there."""

from __future__ import annotations

import importlib
import io
import threading
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from app.assemblies.minutes.schemas import MinutesRead, PartRead
from app.assemblies.minutes.shapes import clock
from app.core import pages
from app.core.errors import Unavailable
from app.core.i18n import gettext as _

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
_STYLE = Path(__file__).with_name("paper.css")
_FONT = "宋体"
_one_at_a_time = threading.Semaphore(1)  # typesetting takes a second of one core and some memory
SIGNERS = {"chair": "主持人", "clerk": "记录人"}


def spoken_parts(minutes: MinutesRead) -> list[PartRead]:
    """The parts that say something."""
    return [part for part in minutes.parts if part.lines or part.remark or (part.table and part.table.rows)]


def signature_lines(minutes: MinutesRead) -> list[str]:
    """Both places to sign: with the name and time of whoever signed here, else a line to sign on."""
    signed = {x.role: f"{x.name}（{clock(x.at)} 签字）" for x in minutes.signed}
    return [f"{label}：{signed.get(role, '＿＿＿＿＿＿＿＿')}" for role, label in SIGNERS.items()]


def corrections(minutes: MinutesRead) -> list[str]:
    return [f"更正说明（{clock(note.at)} {note.author_name}）：{note.text}" for note in minutes.notes]


def proof(minutes: MinutesRead) -> str:
    return f"校验值（SHA-256）：{minutes.sha256}" if minutes.sha256 else "草稿，未经签字确认"


def docx(minutes: MinutesRead) -> bytes:
    """A Word document with the parts as headings, their tables, both signatures and the hash."""
    document = Document()
    _typeface(document)
    document.core_properties.title = minutes.title
    document.core_properties.author = minutes.community
    heading = document.add_heading(minutes.title, level=0)
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(minutes.community).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for part in spoken_parts(minutes):
        _part(document, part)
    for line in [*corrections(minutes), *signature_lines(minutes)]:
        document.add_paragraph(line)
    document.add_paragraph(proof(minutes))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _typeface(document: WordDocument) -> None:
    """Word chooses the face of Chinese text by an attribute of its own."""
    for style in document.styles:
        font = getattr(style, "font", None)
        if font is not None:
            style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)
    document.styles["Normal"].font.size = Pt(12)


def _part(document: WordDocument, part: PartRead) -> None:
    document.add_heading(part.title, level=1)
    for line in part.lines:
        document.add_paragraph(line)
    if part.table:
        table = document.add_table(rows=1, cols=len(part.table.columns), style="Table Grid")
        for cell, text in zip(table.rows[0].cells, part.table.columns, strict=True):
            cell.text = text
        for row in part.table.rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    for paragraph in part.remark.split("\n"):
        if paragraph.strip():
            document.add_paragraph(paragraph.strip())


def pdf(minutes: MinutesRead) -> bytes:
    """The same typeset. Nothing is fetched from anywhere while that is done."""
    weasyprint = _weasyprint()
    text = (
        pages.environment()
        .get_template("minutes/paper.html")
        .render(
            m=minutes,
            parts=spoken_parts(minutes),
            corrections=corrections(minutes),
            signatures=signature_lines(minutes),
            proof=proof(minutes),
        )
    )
    with _one_at_a_time:
        style = weasyprint.CSS(string=_STYLE.read_text("utf-8"))
        made: bytes = weasyprint.HTML(string=text, url_fetcher=_refuse).write_pdf(stylesheets=[style])
    return made


def _weasyprint() -> Any:
    """The typesetter. Without the package it is not found, without Pango its import fails with OSError."""
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError) as missing:
        raise Unavailable(
            _("这台服务器没有安装生成 PDF 的组件（Pango），请改为下载 Word 文件，或请管理员按 README 安装。"),
            code="pdf_unavailable",
            headers={},
        ) from missing


def _refuse(url: str, *_args: Any, **_options: Any) -> Any:
    raise ValueError(f"minutes load nothing: {url[:80]}")
