"""Names of what a picture may show."""

from __future__ import annotations

from app.attachments.models import Moment
from app.core.i18n import N_

MOMENTS = {Moment.none: N_("不分前后"), Moment.before: N_("实施前"), Moment.after: N_("实施后")}
