"""Subjects and groups, and the words that every shape of the lab uses. Instants are ms, durations seconds."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from ohmstead.api.schemas import Body, Name
from ohmstead.domain.subject import Group, Subject
from ohmstead.domain.telemetry import MS

IdText = Annotated[str, Field(pattern=r"^[0-9]{1,16}$")]
Note = Annotated[str, Field(max_length=2000)]
Text = Annotated[str, Field(max_length=200)]
Mass = Annotated[float, Field(allow_inf_nan=False)]
Kind = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
LONGEST_NUMBER = 18  # digits: what a database holds


def ms_of(us: int | None) -> int | None:
    """µs as ms; what is open stays None."""
    return None if us is None else us // MS


class NewGroup(Body):
    name: Name
    note: Note = ""


class GroupPatch(Body):
    name: Name | None = None
    note: Note | None = None


class GroupView(BaseModel):
    id: str
    name: str
    note: str
    subjects: int

    @classmethod
    def of(cls, group: Group, size: int) -> Self:
        return cls(id=str(group.id), name=group.name, note=group.note, subjects=size)


class NewSubject(Body):
    """Without a pseudonym the next free one is given. `body_mass_kg`: leave it out when it is not known."""

    pseudonym: Name | None = None
    body_mass_kg: Mass | None = None
    consent: Note = ""
    note: Note = ""
    groups: list[IdText] = Field(default=[], max_length=100)


class SubjectPatch(Body):
    pseudonym: Name | None = None
    body_mass_kg: Mass | None = None
    consent: Note | None = None
    note: Note | None = None
    groups: list[IdText] | None = Field(None, max_length=100)

    def changes(self) -> dict[str, Any]:
        """Fields of Subject that were sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if sent.get("groups") is not None:
            sent["groups"] = [int(g) for g in sent["groups"]]
        return {k: v for k, v in sent.items() if v is not None or k == "body_mass_kg"}


class SubjectView(BaseModel):
    id: str
    pseudonym: str
    body_mass_kg: float | None
    consent: str
    note: str
    groups: list[str]
    created_at: int

    @classmethod
    def of(cls, one: Subject) -> Self:
        return cls(
            id=str(one.id),
            pseudonym=one.pseudonym,
            body_mass_kg=one.body_mass_kg,
            consent=one.consent,
            note=one.note,
            groups=[str(g) for g in one.groups],
            created_at=one.created_at // MS,
        )


class SubjectPage(BaseModel):
    items: list[SubjectView]
    next: str | None


def page_mark(rows: Sequence[tuple[int, int]], limit: int) -> str | None:
    """What continues a list after these (instant, id) rows; None when it is complete."""
    return None if len(rows) < limit else f"{rows[-1][0]}-{rows[-1][1]}"


def read_mark(text: str | None) -> tuple[int, int] | None:
    """The reverse; what is no mark starts from the beginning."""
    first, _, second = (text or "").partition("-")
    legal = first.isdecimal() and second.isdecimal() and max(len(first), len(second)) <= LONGEST_NUMBER
    return (int(first), int(second)) if legal else None
