"""The Chinese words for the enumerations of this room, marked for translation."""

from __future__ import annotations

from app.core.i18n import N_
from app.members.models import Affiliation, Stage

AFFILIATIONS = {Affiliation.direct: N_("直管党员"), Affiliation.resident: N_("居民党员")}
STAGES = {
    Stage.applicant: N_("入党申请人"),
    Stage.activist: N_("入党积极分子"),
    Stage.development_target: N_("发展对象"),
    Stage.probationary: N_("预备党员"),
    Stage.full: N_("正式党员"),
}
