"""What is sent and shown about attachments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, StringConstraints

from app.attachments.models import Moment
from app.core.schemas import Body, Clean, Read, one_line

Caption = Annotated[str, StringConstraints(max_length=200), Clean, AfterValidator(one_line)]
OwnerKind = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,30}$")]


class AttachmentUpdate(Body):
    """What is said about a file; the file itself never changes."""

    caption: Caption | None = None
    moment: Moment | None = None


class AttachmentRead(Read):
    """A file of a record: `width` and `height` are those of a picture. The file lies at `/attachments/{id}`."""

    id: UUID
    owner_kind: str
    owner_id: UUID
    filename: str
    media_type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    caption: str
    moment: Moment
    created_at: datetime
    version: int

    @property
    def is_picture(self) -> bool:
        return self.width is not None


class AttachmentPage(AttachmentRead):
    """One file with the page of its record, for the form that changes it."""

    owner_href: str


class UploadPage(Read):
    """The form that sends a file to a record."""

    owner_kind: str
    owner_id: UUID
    owner_href: str
