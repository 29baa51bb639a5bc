"""What the holder of a pass sees and sends, without being anybody: shared by questionnaires, votes and elections."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.core.schemas import Body, Code, Read

# Drawn anew for every form that is shown: the same press sent twice is then known to be one.
Once = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


class CodeEntry(Body):
    """A pass code, typed from a slip."""

    code: Code


class BallotOption(Read):
    """Something or somebody to mark."""

    key: str
    label: str
    note: str = ""


class Contest(Read):
    """One question of a ballot: at least `least` and at most `most` of the options are marked."""

    key: str
    title: str = ""
    note: str = ""
    least: int = 1
    most: int = 1
    options: list[BallotOption]


class BoothForm(Read):
    """A ballot as the holder of a pass sees it. `blank` is what a ballot without a mark is called, if allowed."""

    action: str = ""
    title: str
    community_name: str
    lead: str = ""
    claim: str
    contests: list[Contest]
    blank: str = ""
    once: str = ""


class BoothSend(Body):
    """The marks by question: one key, a list of keys, or `{key: "on"}` as boxes of a form send them."""

    once: Once
    blank: bool = False
    a: dict[str, Any] = Field(default_factory=dict)


class BoothSent(Read):
    """`receipt` stands in the published list of counted ballots and says nothing about the vote."""

    receipt: str
    receipts_href: str
