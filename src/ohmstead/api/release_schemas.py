"""The shapes of releases, and of the keys that sign them."""

from typing import Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.schemas import Body, Name
from ohmstead.domain.release import Release, TrustedKey
from ohmstead.domain.telemetry import MS
from ohmstead.services.updates import Updates

ChannelName = Literal["stable", "beta"]


class FileView(BaseModel):
    path: str
    size: int
    sha256: str


class ReleaseView(BaseModel):
    """`sha256`: of the manifest of a bundle, of the file of an image. `unusable`: why no device may get it."""

    id: str
    kind: Literal["bundle", "image"]
    version: str
    boards: list[str]
    size: int
    sha256: str
    files: list[FileView]
    min_loader: int
    channel: ChannelName
    notes: str
    key_id: str | None
    signed_by: str | None
    added_by: str
    added_at: int
    withdrawn_at: int | None
    unusable: str | None

    @classmethod
    def of(cls, one: Release, updates: Updates) -> Self:
        return cls(
            id=str(one.id),
            kind=one.kind.value,
            version=one.version,
            boards=list(one.boards),
            size=one.size,
            sha256=one.sha256,
            files=[FileView(path=file.path, size=file.size, sha256=file.sha256) for file in one.files],
            min_loader=one.min_loader,
            channel=one.channel.value,
            notes=one.notes,
            key_id=one.key_id,
            signed_by=updates.keys.name(one.key_id),
            added_by=one.added_by,
            added_at=one.added_at // MS,
            withdrawn_at=None if one.withdrawn_at is None else one.withdrawn_at // MS,
            unusable=updates.releases.unusable(one) or None,
        )


class ReleasePatch(Body):
    channel: ChannelName | None = None
    notes: str | None = Field(None, max_length=4000)


class NewKey(Body):
    """`n`: the modulus of an RSA-3072 key in hexadecimal."""

    name: Name
    n: str = Field(min_length=768, max_length=768)


class KeyView(BaseModel):
    id: str
    name: str
    n: str
    added_by: str
    added_at: int
    revoked_by: str | None
    revoked_at: int | None

    @classmethod
    def of(cls, one: TrustedKey) -> Self:
        return cls(
            id=one.key.id,
            name=one.name,
            n=one.key.hexadecimal,
            added_by=one.added_by,
            added_at=one.added_at // MS,
            revoked_by=one.revoked_by or None,
            revoked_at=None if one.revoked_at is None else one.revoked_at // MS,
        )
