"""Making an instrument of an uploaded XLSForm. The file is read before the database is asked to wait."""

from __future__ import annotations

from uuid import UUID

from app.accounts.permissions import Principal
from app.core import audit
from app.core.db import Database
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.surveys.instruments import lint, service
from app.surveys.instruments.schemas import ImportedForm
from app.surveys.instruments.xlsform.read import read

LARGEST_FILE = 2 * 1024 * 1024


def run(db: Database, who: Principal, data: bytes, filename: str, community_id: str) -> ImportedForm:
    """The new draft, and every row that could not be used. Its key is the form's own where that is free."""
    form = read(data, filename)
    definition = form.definition
    if not definition.title:
        definition.title = _("导入的问卷")
    lint.require_editable(definition)
    with db.write() as s:
        audit.set_actor(s, who)
        home = service.home_of(s, who, _uuid(community_id))
        key = service.free_key_of(s, home, form.form_id)
        made = service.add(s, home, key, definition)
        return ImportedForm(instrument=service.shown(s, [made])[0], unused=form.unused)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(_("没有这个社区。"), field="community_id") from None
