"""The demo's hardship fund since 2010: what members gave each July and before Spring Festival, and whom it helped.

Everything is booked by the fund's own services, in the order in which it happened: gifts, then condolence visits at
the festival, and relief in between. A worker asks, the director approves, finance pays against a signed slip.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from PIL import Image, ImageDraw
from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from app.accounts.authentication import principal_for
from app.accounts.models import Role, User
from app.accounts.permissions import Principal
from app.assistance.fund import donations, files, ledger, relief, steps
from app.assistance.fund.models import DonorKind, FundCampaign, FundRelief, Method, ReliefKind, State
from app.assistance.fund.schemas import (
    Approval,
    CampaignCreate,
    CheckCreate,
    DonationCreate,
    Payment,
    ReliefCreate,
    ReliefMove,
)
from app.attachments import service as attachments
from app.core.clock import day_start
from app.demo.assemblies import Told
from app.households.models import Household
from app.households.residents.models import CareCategory, CareRecord, Residency, Resident
from app.members.models import Affiliation, Member

SEED = 20100701
_FIRST_YEAR = 2010
_MORNING = timedelta(hours=9, minutes=30)
_SPRING = {
    2010: (2, 14), 2011: (2, 3), 2012: (1, 23), 2013: (2, 10), 2014: (1, 31), 2015: (2, 19), 2016: (2, 8),
    2017: (1, 28), 2018: (2, 16), 2019: (2, 5), 2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22),
    2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3),
}  # fmt: skip
_ELDERS = {
    2010: (10, 16), 2011: (10, 5), 2012: (10, 23), 2013: (10, 13), 2014: (10, 2), 2015: (10, 21), 2016: (10, 9),
    2017: (10, 28), 2018: (10, 17), 2019: (10, 7), 2020: (10, 25), 2021: (10, 14), 2022: (10, 4), 2023: (10, 23),
    2024: (10, 11), 2025: (10, 29), 2026: (10, 18),
}  # fmt: skip
_HARDSHIP = (
    CareCategory.subsistence_allowance,
    CareCategory.near_poor,
    CareCategory.extreme_hardship,
    CareCategory.severe_ill,
    CareCategory.disabled,
)
_NEEDS = {
    CareCategory.severe_ill: ("大病住院，自付费用多", "住院手术，医保报销后仍有缺口。"),
    CareCategory.disabled: ("残疾家庭添置辅具", "行动不便，需要更换轮椅和护理床。"),
}
_POOR = ("生活困难，临时补助", "家中收入低，近期支出增加，生活有困难。")
_FIRMS = ("翰林缘物业服务公司", "科教创新区爱心企业联合会", "园区第三小学党支部", "仁爱路药房")
_GIFTS = (50_00, 100_00, 100_00, 200_00, 200_00, 300_00, 500_00, 88_88, 166_60)
# From the report on: days, and what is done then.
_COURSE = ((1, State.applied), (3, State.checked), (5, State.opined), (7, State.reviewed), (8, State.noticed))
_RESERVE = 6000_00  # what the festivals leave for need
_APPROVED, _PAID, _CALLED, _CLOSED = 16, 18, 26, 29
_NOTES = {State.opined: "支部讨论，同意给予帮助。", State.reviewed: "材料齐全，情况属实。"}


@dataclass
class Fund:
    """Who acts on the fund, and what they have in hand."""

    told: Told
    finance: Principal
    workers: dict[UUID, Principal]
    slip: attachments.Upload
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))
    helped: set[UUID] = field(default_factory=set)

    @property
    def s(self) -> Session:
        return self.told.s

    def past(self, on: date) -> bool:
        return on < self.told.day


def load(told: Told) -> None:
    """Every year's gifts and help until the day, and what is under way on it."""
    files.register()
    fund = _begin(told)
    for on, happens in sorted(_calendar(fund), key=lambda event: event[0]):
        if fund.past(on):
            happens(on)
    _under_way(fund)


def _begin(told: Told) -> Fund:
    s = told.s
    staff = s.exec(select(User).where(User.community_id == told.community_id)).all()
    finance = next(user for user in staff if user.role == Role.finance)
    workers: dict[UUID, Principal] = {}
    for who in (principal_for(s, user) for user in staff if user.role == Role.worker):
        workers.update(dict.fromkeys(who.grid_area_ids or (), who))
    return Fund(told, principal_for(s, finance), workers, attachments.examine(_signed_slip(), "签收单.jpg"))


def _signed_slip() -> bytes:
    """A sheet with lines and a signature that is nobody's."""
    sheet = Image.new("RGB", (640, 440), "#fdfcf8")
    pen = ImageDraw.Draw(sheet)
    for y in range(90, 330, 60):
        pen.line((60, y, 580, y), fill="#9a968c", width=2)
    pen.arc((380, 350, 460, 400), 20, 300, fill="#1d2a44", width=4)
    pen.line((440, 385, 560, 365), fill="#1d2a44", width=4)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=80)
    return out.getvalue()


def _calendar(fund: Fund) -> Iterator[tuple[date, Callable[[date], None]]]:
    for year in range(_FIRST_YEAR, fund.told.day.year + 1):
        spring = date(year, *_SPRING.get(year, (2, 5)))
        elders = date(year, *_ELDERS.get(year, (10, 15)))
        july = date(year, 7, 1)
        for on, name in ((spring - timedelta(days=14), "迎春"), (july - timedelta(days=3), "七一")):
            yield on, partial(_gifts, fund, name=name)
        yield spring - timedelta(days=10), lambda day: _condolence(fund, day, "春节慰问困难家庭和高龄老人", 300_00)
        yield july + timedelta(days=1), lambda day: _condolence(fund, day, "七一走访慰问老党员", 200_00)
        yield elders - timedelta(days=4), lambda day: _condolence(fund, day, "重阳节慰问独居老人", 150_00)
        for month, on_day in ((3, 10), (5, 10), (8, 5), (11, 2)):
            yield date(year, month, on_day), lambda day: _relief(fund, day)


def _at(on: date, minutes: int = 0) -> datetime:
    return day_start(on) + _MORNING + timedelta(minutes=minutes)


def _gifts(fund: Fund, on: date, name: str) -> None:
    """A call to the members; some firms give, some people without a name, and once in a while something bounces."""
    call = _call(fund, on, name)
    rng = fund.rng
    givers = _members(fund, on)
    named = rng.sample(givers, min(len(givers), rng.randint(11, 16)))
    for place, donor in enumerate(named):
        _give(fund, call, on, place, rng.choice(_GIFTS), DonorKind.member, donor)
    place = len(named)
    _give(
        fund, call, on, place + 1, rng.choice((3000_00, 5000_00, 8000_00)), DonorKind.organization, rng.choice(_FIRMS)
    )
    _give(fund, call, on, place + 2, rng.choice((200_00, 520_00)), DonorKind.other, "", anonymous=True)
    bounced = _give(fund, call, on, place + 3, rng.choice(_GIFTS), DonorKind.resident, "翰林缘热心居民")
    later = on + timedelta(days=2)
    if rng.random() < 0.15 and fund.past(later):
        steps.take_back(fund.s, fund.finance, bounced, "银行退回：账户名不符", _at(later))


def _call(fund: Fund, on: date, name: str) -> FundCampaign:
    data = CampaignCreate(
        name=f"{on.year} 年{name}爱心捐款", purpose="帮助困难家庭，慰问老人和老党员。", goal_fen=5000_00,
        starts_on=on - timedelta(days=7), ends_on=on + timedelta(days=10),
    )  # fmt: skip
    return donations.call(fund.s, fund.told.director, data, _at(on - timedelta(days=7)))


def _give(
    fund: Fund, call: FundCampaign, on: date, minutes: int, fen: int, kind: DonorKind, name: str, *,
    anonymous: bool = False,
) -> UUID:  # fmt: skip
    data = DonationCreate(
        amount_fen=fen, voluntary=True, donor_kind=kind, donor_name=name, anonymous=anonymous, campaign_id=call.id,
        method=Method.transfer if fen >= 1000_00 else fund.rng.choice(list(Method)), received_on=on,
    )  # fmt: skip
    return donations.give(fund.s, fund.finance, data, _at(on, minutes)).entry_id


def _members(fund: Fund, on: date) -> list[str]:
    """Directly managed members of the day, and as many of those who have registered here."""
    there = select(Member.name).where(
        Member.community_id == fund.told.community_id,
        col(Member.from_on) <= on,
        or_(col(Member.to_on).is_(None), col(Member.to_on) >= on),
    )
    own = fund.s.exec(there.where(Member.affiliation == Affiliation.direct).order_by(col(Member.id))).all()
    guests = there.where(Member.affiliation == Affiliation.resident).order_by(col(Member.id)).limit(12)
    return [*own, *fund.s.exec(guests)]


def _condolence(fund: Fund, on: date, purpose: str, each: int) -> None:
    """As many households as the fund has for, at most thirty."""
    homes = min(fund.rng.randint(14, 24), max((ledger.balance(fund.s, fund.told.community_id) - _RESERVE) // each, 0))
    if not homes:
        return
    worker = fund.told.clerk
    data = ReliefCreate(kind=ReliefKind.condolence, purpose=f"{purpose} {homes} 户", amount_fen=homes * each)
    found = relief.report(fund.s, worker, data, _at(on))
    days = ((0, State.applied), (1, State.opined))
    _course(fund, worker, found, on, days)
    _settle(fund, worker, found, on, (2, 3, 8, 10))


def _relief(fund: Fund, on: date) -> None:
    """A household that need was found in, from the report to the end as far as it has come."""
    if (found := _ask(fund, on)) is None:
        return
    worker = _worker(fund, found)
    _course(fund, worker, found, on, _COURSE)
    _settle(fund, worker, found, on, (_APPROVED, _PAID, _CALLED, _CLOSED))


def _ask(fund: Fund, on: date) -> FundRelief | None:
    needy = _needy(fund, on)
    if not needy:
        return None
    person, home, category = fund.rng.choice(needy)
    fund.helped.add(person)
    purpose, situation = _NEEDS.get(category, _POOR)
    data = ReliefCreate(
        household_id=home.id, resident_id=person, purpose=purpose, situation=situation,
        amount_fen=fund.rng.choice((800_00, 1000_00, 1000_00, 1500_00, 2000_00)),
    )  # fmt: skip
    return relief.report(fund.s, fund.workers[home.grid_area_id], data, _at(on))


def _needy(fund: Fund, on: date) -> list[tuple[UUID, Household, CareCategory]]:
    """Who lived here in hardship on the day and was not helped yet."""
    wanted = (
        select(CareRecord.resident_id, Household, CareRecord.category)
        .join(Residency, col(Residency.resident_id) == col(CareRecord.resident_id))
        .join(Resident, col(Resident.id) == col(CareRecord.resident_id))
        .join(Household, col(Household.id) == col(Residency.household_id))
        .where(
            CareRecord.community_id == fund.told.community_id,
            col(CareRecord.category).in_([str(category) for category in _HARDSHIP]),
            *(_lasts(row, on) for row in (CareRecord, Residency)),
            or_(col(Resident.died_on).is_(None), col(Resident.died_on) > on + timedelta(days=40)),
        )
        .order_by(col(CareRecord.id))
    )
    return [(key, home, CareCategory(kind)) for key, home, kind in fund.s.exec(wanted) if key not in fund.helped]


def _lasts(row: type[CareRecord] | type[Residency], on: date) -> ColumnElement[bool]:
    return (col(row.from_on) <= on) & or_(col(row.to_on).is_(None), col(row.to_on) > on + timedelta(days=40))


def _worker(fund: Fund, found: FundRelief) -> Principal:
    home = fund.s.get_one(Household, found.household_id)
    return fund.workers[home.grid_area_id]


def _course(fund: Fund, worker: Principal, found: FundRelief, on: date, course: tuple[tuple[int, State], ...]) -> None:
    """What is done before somebody decides."""
    for days, to in course:
        day = on + timedelta(days=days)
        if not fund.past(day):
            return
        if to == State.checked:
            for who, minutes in ((worker, 0), (fund.told.director, 5)):
                seen = CheckCreate(findings="情况与申请一致，家庭确有困难。", unrelated=True)
                steps.check(fund.s, who, found.id, seen, _at(day, minutes))
        else:
            word = ReliefMove.model_validate({"to": to, "note": _NOTES.get(to, "")})
            steps.move(fund.s, worker, found.id, word, _at(day))


def _settle(fund: Fund, worker: Principal, found: FundRelief, on: date, days: tuple[int, int, int, int]) -> None:
    """Approved by the director, paid by finance against the slip, followed up, closed."""
    approved, paid, called, closed = (on + timedelta(days=n) for n in days)
    if not fund.past(approved):
        return
    steps.approve(fund.s, fund.told.director, found.id, Approval(note="同意。", unrelated=True), _at(approved))
    if not fund.past(paid) or ledger.balance(fund.s, found.community_id) < found.amount_fen:
        return
    slip = attachments.store(fund.slip)
    kept = attachments.add(fund.s, fund.finance, files.KIND, found.id, slip, caption="领款人签字的签收单")
    steps.pay(fund.s, fund.finance, found.id, Payment(receipt_id=kept.id, unrelated=True), _at(paid))
    if fund.past(called):
        word = ReliefMove(to=State.followed_up, note="款项已收到，表示感谢。")
        steps.move(fund.s, worker, found.id, word, _at(called))
    if fund.past(closed):
        steps.move(fund.s, worker, found.id, ReliefMove(to=State.closed), _at(closed))


def _under_way(fund: Fund) -> None:
    """One that was just reported, one that is being shown, and one that waits for its money."""
    for ago, decided in ((1, False), (10, False), (17, True)):
        on = fund.told.day - timedelta(days=ago)
        if (found := _ask(fund, on)) is None:
            return
        worker = _worker(fund, found)
        _course(fund, worker, found, on, _COURSE)
        if decided:
            steps.approve(
                fund.s, fund.told.director, found.id, Approval(note="同意。", unrelated=True), _at(on, 16 * 24 * 60)
            )
