"""Files made for the tests: honest ones, and those that attack."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image

DOCX, XLSX = "word/document.xml", "xl/workbook.xml"


def jpeg(width: int = 60, height: int = 40, *, orientation: int = 1, comment: bytes = b"") -> bytes:
    """A photo as a telephone makes it: turned by a tag, with the place where it was taken."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "SECRET-PLACE"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 17.0, 55.0), 3: "E", 4: (120.0, 40.0, 11.0)})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=comment or b"SECRET-WORDS", quality=95)
    return out.getvalue()


def png(width: int = 30, height: int = 20, mode: str = "RGBA") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), (0, 128, 0, 90)[: len(mode)]).save(out, "PNG")
    return out.getvalue()


def webp() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(out, "WEBP")
    return out.getvalue()


def pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def office(main: str = DOCX, *, extra: dict[str, bytes] | None = None, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"[Content_Types].xml": b"<Types/>", main: b"<x/>", **(extra or {})}.items():
            archive.writestr(name, content)
        archive.comment = comment
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def office_bomb() -> bytes:
    """420 MB of nothing in 400 kB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr(DOCX, b"<x/>")
        with archive.open("word/media/image1.bmp", "w", force_zip64=True) as part:
            for _ in range(105):
                part.write(b"\0" * (4 * 1024 * 1024))
    return out.getvalue()


def encrypted_office() -> bytes:
    """The mark of an encrypted part, set in the list of the archive."""
    content = bytearray(office())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)
