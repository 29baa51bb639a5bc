"""Pictures are made anew from their pixels: upright, without a word of what came with them (position, camera, profile).

Decoding is what hostile files aim at: only three formats are read, the number of pixels is known before the first of
them is decoded, and few pictures are worked on at a time.
"""

from __future__ import annotations

import io
import threading
from typing import Any, NamedTuple

from PIL import Image, ImageFile, ImageOps

from app.attachments import kinds
from app.core.errors import Invalid
from app.core.i18n import gettext as _

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 4096
THUMBNAIL_SIDE = 480
_FORMATS = {kinds.JPEG: "JPEG", kinds.PNG: "PNG", kinds.WEBP: "WEBP"}
_OPTIONS: dict[str, dict[str, Any]] = {
    kinds.JPEG: {"quality": 86, "optimize": True, "progressive": True},
    kinds.PNG: {"compress_level": 6},
    kinds.WEBP: {"quality": 86, "method": 3},
}
_turns = threading.BoundedSemaphore(2)  # a picture of 40 megapixels takes 160 MB while it is turned


class Picture(NamedTuple):
    content: bytes
    thumbnail: bytes
    width: int
    height: int


def remake(data: bytes, media_type: str) -> Picture:
    """The picture anew in its own format, at most 4096 pixels a side, and its thumbnail (always a JPEG)."""
    with _turns:
        try:
            upright = _decode(data, media_type)
            return Picture(_encode(upright, media_type), _thumbnail(upright), upright.width, upright.height)
        except Invalid:
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bomb:
            raise _too_many() from bomb
        except Exception as wrong:  # a broken file may make a decoder fail in any way; none of them is our fault
            raise kinds.broken() from wrong


def _too_many() -> Invalid:
    return kinds.refused(
        _("图片超过 %(n)s 百万像素，请缩小后再上传。", n=MOST_PIXELS // 1_000_000), "picture_too_large"
    )


def _decode(data: bytes, media_type: str) -> Image.Image:
    picture: Image.Image = Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]])
    if picture.width * picture.height > MOST_PIXELS:
        raise _too_many()
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint sets it for the whole process as soon as a PDF is made
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    transparent = media_type != kinds.JPEG and ("A" in upright.getbands() or "transparency" in upright.info)
    pixels = upright.convert("RGBA" if transparent else "RGB")
    bare = Image.new(pixels.mode, pixels.size)  # a new picture has no metadata that could be written by mistake
    bare.paste(pixels)
    return bare


def _encode(picture: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, format=_FORMATS[media_type], **_OPTIONS[media_type])
    return out.getvalue()


def _thumbnail(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    ground = Image.new("RGB", small.size, "white")
    ground.paste(small, mask=small.getchannel("A") if small.mode == "RGBA" else None)
    return _encode(ground, kinds.JPEG)
