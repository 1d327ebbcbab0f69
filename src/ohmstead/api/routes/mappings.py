"""Mappings of foreign JSON to channels. Admins only."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel
from pydantic import Field as Limits

from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.schemas import Body
from ohmstead.domain import mapping as domain
from ohmstead.domain.telemetry import MS
from ohmstead.services.mappings import Unmatched

router = APIRouter(prefix="/mappings", tags=["mappings"])
Id = Annotated[int, Path(ge=0, le=2**53)]
Text = Annotated[str, Limits(max_length=domain.LONGEST)]
SourceName = Literal["mqtt", "http"]
TimeFormatName = Literal["rfc3339", "local", "s", "ms"]


class MappedField(Body):
    pointer: Text
    key: str = Limits(min_length=1, max_length=64)
    quantity: str | None = Limits(None, max_length=64)
    unit: str | None = Limits(None, max_length=16)
    decimals: int | None = Limits(None, ge=0, le=9)

    def of_domain(self) -> domain.Field:
        return domain.Field(**self.model_dump())


class NewMapping(Body):
    source: SourceName
    filter: Text
    serial: Text
    fields: list[MappedField] = Limits(min_length=1, max_length=domain.MOST_FIELDS)
    time_pointer: Text | None = None
    time_format: TimeFormatName = "rfc3339"
    enabled: bool = True


class MappingPatch(Body):
    """What is absent stays as it is; a `time_pointer` of null means that messages tell no time."""

    filter: Text | None = None
    serial: Text | None = None
    fields: list[MappedField] | None = Limits(None, min_length=1, max_length=domain.MOST_FIELDS)
    time_pointer: Text | None = None
    time_format: TimeFormatName | None = None
    enabled: bool | None = None


class MappingView(BaseModel):
    id: str
    source: SourceName
    filter: str
    serial: str
    fields: list[MappedField]
    time_pointer: str | None
    time_format: TimeFormatName
    enabled: bool

    @classmethod
    def of(cls, one: domain.Mapping) -> Self:
        return cls(
            id=str(one.id),
            source=one.source.value,
            filter=one.filter,
            serial=one.serial,
            fields=[_field(f) for f in one.fields],
            time_pointer=one.time_pointer,
            time_format=one.time_format.value,
            enabled=one.enabled,
        )


class Leaf(BaseModel):
    """A leaf of a payload, and the field it probably is."""

    pointer: str
    value: float | str | bool | None
    suggestion: MappedField


class UnmatchedView(BaseModel):
    source: SourceName
    name: str
    count: int
    last_at: int
    payload: str
    leaves: list[Leaf]

    @classmethod
    def of(cls, one: Unmatched) -> Self:
        return cls(
            source=one.source.value,
            name=one.name,
            count=one.count,
            last_at=one.last_at // MS,
            payload=one.payload.decode("utf-8", "replace"),
            leaves=[
                Leaf(pointer=pointer, value=value, suggestion=_field(domain.suggestion(pointer)))
                for pointer, value in _leaves(one.payload)
            ],
        )


@router.get("")
async def mappings(who: Who, parts: InjectedParts) -> list[MappingView]:
    return [MappingView.of(one) for one in parts.mappings.all(who)]


@router.post("", status_code=201)
async def create_mapping(body: NewMapping, who: Who, parts: InjectedParts) -> MappingView:
    new = domain.Mapping(
        0,
        domain.Source(body.source),
        body.filter,
        body.serial,
        _fields(body.fields),
        body.time_pointer,
        domain.TimeFormat(body.time_format),
        body.enabled,
    )
    return MappingView.of(await parts.mappings.create(who, new))


@router.get("/preview")
async def unmatched(who: Who, parts: InjectedParts, source: SourceName | None = None) -> list[UnmatchedView]:
    """The newest payload of every topic and path that nothing is mapped to, newest first."""
    found = parts.mappings.unmatched(who, None if source is None else domain.Source(source))
    return [UnmatchedView.of(one) for one in found]


@router.patch("/{mapping_id}")
async def change_mapping(mapping_id: Id, body: MappingPatch, who: Who, parts: InjectedParts) -> MappingView:
    given = body.model_dump(exclude_unset=True, exclude={"fields"})
    changes: dict[str, Any] = {k: v for k, v in given.items() if v is not None or k == "time_pointer"}
    if body.fields is not None:
        changes["fields"] = _fields(body.fields)
    if "time_format" in changes:
        changes["time_format"] = domain.TimeFormat(changes["time_format"])
    return MappingView.of(await parts.mappings.change(who, mapping_id, **changes))


@router.delete("/{mapping_id}", status_code=204)
async def delete_mapping(mapping_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.mappings.delete(who, mapping_id)


def _fields(fields: Sequence[MappedField]) -> tuple[domain.Field, ...]:
    return tuple(field.of_domain() for field in fields)


def _field(one: domain.Field) -> MappedField:
    return MappedField(pointer=one.pointer, key=one.key, quantity=one.quantity, unit=one.unit, decimals=one.decimals)


def _leaves(payload: bytes) -> list[tuple[str, Any]]:
    try:
        return domain.first_leaves(msgspec.json.decode(payload))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return []
