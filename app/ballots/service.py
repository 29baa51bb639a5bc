"""What other rooms use of ballot boxes. Plain functions that never commit, except `after_close` and `sweep`."""

from __future__ import annotations

from app.ballots.boxes import Slip, Voter, mark_ineligible, open_box, prepare, renew_slips, slips, token_of
from app.ballots.claims import claim, label
from app.ballots.closing import after_close, close_box, sweep, void_box
from app.ballots.codes import grouped, is_serial, normalise
from app.ballots.drafts import draft_of, keep_draft
from app.ballots.models import BallotBox, BoxState, Invitation, Purpose, Secrecy
from app.ballots.participation import Turnout, mark_participation, to_remind, turnout
from app.ballots.redeeming import Opened, enter_paper, find_by_token, receipt_if_sent, refusal, submit
from app.ballots.results import Sheet, each_sheet, receipts, sheets, texts

__all__ = [
    "BallotBox",
    "BoxState",
    "Invitation",
    "Opened",
    "Purpose",
    "Secrecy",
    "Sheet",
    "Slip",
    "Turnout",
    "Voter",
    "after_close",
    "claim",
    "close_box",
    "draft_of",
    "each_sheet",
    "enter_paper",
    "find_by_token",
    "grouped",
    "is_serial",
    "keep_draft",
    "label",
    "mark_ineligible",
    "mark_participation",
    "normalise",
    "open_box",
    "prepare",
    "receipt_if_sent",
    "receipts",
    "refusal",
    "renew_slips",
    "sheets",
    "slips",
    "submit",
    "sweep",
    "texts",
    "to_remind",
    "token_of",
    "turnout",
    "void_box",
]
