"""What the community's own report of 2013-04-07 says (`mission/`), as far as there are records for it yet."""

from __future__ import annotations

from datetime import date

CODE = "320594001001"
FOUNDED_ON = date(2009, 8, 1)
REPORTED_ON = date(2013, 4, 7)
SOURCE = "《共创廉洁社区 共建和谐家园——翰林缘社区廉洁文化工作情况汇报》，2013年4月7日"
DISTRICT = {"name": "苏州工业园区", "code": "320594"}
COMMUNITY = {
    "name": "翰林缘社区",
    "name_en": "Hanlinyuan",
    "subdistrict": "科教创新区",
    "code": CODE,
    "founded_on": FOUNDED_ON,
    "description": "针对区内教师、企业员工的定销房小区，高层次、高学历、年轻化、人才多、流动大。本库中的住户、"
    "姓名、证件号和电话均为虚构。",
}
FIGURES = {
    "planned_households": 2418.0,
    "occupied_households": 1663.0,
    "residents": 4501.0,
    "owner_occupied_share": 0.52,
    "rented_share": 0.48,
    "directly_managed_members": 23.0,
    "resident_members": 748.0,
}
