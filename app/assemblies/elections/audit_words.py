"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "election": N_("选举"),
            "election_post": N_("选举职务"),
            "elector_objection": N_("对选民名单的异议"),
            "candidate": N_("候选人"),
            "election_count": N_("选举计票"),
        },
        actions={"election.export": N_("导出选举"), "elector.export": N_("导出选民名单")},
        fields={
            "held_on": N_("选举日"),
            "electorate": N_("选民"),
            "building_ids": N_("楼栋"),
            "registered": N_("选民人数"),
            "electors_hash": N_("选民名单的哈希"),
            "listed_at": N_("名单公布时间"),
            "objections_until": N_("异议截止日"),
            "nominated_at": N_("候选人公布时间"),
            "pack_version_id": N_("所依据的规则"),
            "pack_hash": N_("规则的哈希"),
            "declared_at": N_("宣布时间"),
            "declared_by": N_("宣布人"),
            "void_reason": N_("作废原因"),
            "seats": N_("应选名额"),
            "raised_by": N_("提出人"),
            "raised_at": N_("提出时间"),
            "ruling": N_("答复"),
            "grounds": N_("答复理由"),
            "consent": N_("本人意愿"),
            "nominated_by": N_("提名人"),
            "withdrawn_at": N_("退出时间"),
            "withdrawn_reason": N_("退出原因"),
            "about": N_("简介"),
            "unreturned": N_("未收回"),
            "tellers": N_("监票、唱票、计票人"),
            "confirmed_by": N_("核对人"),
            "confirmed_at": N_("核对时间"),
            "entered_by": N_("录入人"),
            "entered_at": N_("录入时间"),
            "by_machine": N_("由系统计票"),
        },
    )
