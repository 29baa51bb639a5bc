"""What each level of secrecy is called, and what it honestly promises to the person who answers."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.ballots.models import Secrecy
from app.core.i18n import N_
from app.core.i18n import gettext as _

_LABELS = {
    Secrecy.named: N_("实名"),
    Secrecy.confidential: N_("保密"),
    Secrecy.secret: N_("无记名"),
}
_CLAIMS = {
    Secrecy.named: N_("您的姓名和回答保存在一起。有权查看本次结果的工作人员能看到是您答的。"),
    Secrecy.confidential: N_(
        "答卷上没有姓名，也不记时间。系统会记下您是否已答，好提醒还没有答的人。关闭之前，掌管服务器的人有办法查出"
        "哪份是您的；关闭时密钥销毁、答卷打乱重写，此后从数据库里再也查不出来。关闭前做的备份要到过期才会消失。"
    ),
    Secrecy.secret: N_(
        "通行码不对应任何人，系统不知道您拿的是哪一个，也不记录您答没答。谁也不能从数据库里查出哪份答卷是您的，"
        "管理员也不能。关闭之前，掌管服务器的人能看出答卷到达的先后；如果通行码是用短信等发给您的，发送渠道可能知道。"
    ),
}


def label(secrecy: str) -> str:
    return _(_LABELS[Secrecy(secrecy)])


def claim(secrecy: str) -> str:
    """The sentence that stands above the questions."""
    return _(_CLAIMS[Secrecy(secrecy)])


words.add(
    objects={"ballot_box": N_("票箱")},
    actions={
        "ballot_box.make_slips": N_("制作无记名答题条"),
        "ballot_box.renew_slips": N_("重新制作无记名答题条"),
        "ballot_box.enter_paper": N_("录入纸质答卷"),
    },
    fields={
        "secrecy": N_("保密级别"),
        "issued": N_("发出份数"),
        "returned": N_("收回份数"),
        "on_paper": N_("纸质份数"),
        "closed_at": N_("关闭时间"),
    },
)
