"""The shapes of imports: what is asked, how far a job is, and what a file looks like."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from ohmstead.api.schemas import LAST_MS, Body
from ohmstead.domain.telemetry import MS, Announcement
from ohmstead.importing.detecting import Detected
from ohmstead.importing.times import TimeFormat
from ohmstead.services.import_jobs import ColumnMap, Job, Kind, Options

Text = Annotated[str, Field(max_length=255)]
Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class ColumnMapping(Body):
    """A column by its heading (or its number from 1), and the channel it becomes."""

    column: Text
    key: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: str | None = None
    unit: Annotated[str, Field(max_length=16)] | None = None

    @classmethod
    def of(cls, column: str, channel: Announcement) -> Self:
        return cls(column=column, key=channel.key, quantity=channel.quantity, unit=channel.unit)


class ImportOptions(Body):
    """Everything that is not said is found out; `zone` is that of times without an offset."""

    device: Annotated[str, Field(max_length=64)] | None = None
    zone: Text | None = None
    first_date: Date | None = None
    last_date: Date | None = None
    again: bool = False
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    decimal: Literal[".", ","] | None = None
    header: bool | None = None
    time_column: Text | None = None
    time_format: TimeFormat | None = None
    columns: Annotated[list[ColumnMapping], Field(max_length=1000)] | None = None

    def known(self) -> Options:
        said = self.model_dump(exclude={"columns"})
        if self.columns is None:
            return Options(**said)
        return Options(**said, columns=[ColumnMap(c.column, c.key, c.quantity, c.unit) for c in self.columns])

    @classmethod
    def of(cls, options: Options) -> Self:
        said = {name: getattr(options, name) for name in cls.model_fields if name != "columns"}
        if options.columns is not None:
            said["columns"] = [ColumnMapping.of(one.column, one.channel()) for one in options.columns]
        return cls.model_validate(said)


class NewImport(Body):
    kind: Kind
    name: Text = "file"
    size: int = Field(ge=0)
    modified_at: Annotated[int, Field(ge=0, le=LAST_MS)] | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    options: ImportOptions = ImportOptions()


class ImportStart(Body):
    options: ImportOptions | None = None


class RejectedRows(BaseModel):
    reason: str
    count: int
    lines: list[int]


class ImportView(BaseModel):
    id: str
    kind: Kind
    name: str
    size: int
    state: Literal["receiving", "ready", "running", "done", "failed", "cancelled"]
    error: str | None
    actor: str
    created_at: int
    finished_at: int | None
    device_id: str | None
    received: int
    position: int
    total: int
    progress: float
    rows: int
    accepted: int
    duplicates: int
    rejected: list[RejectedRows]
    options: ImportOptions

    @classmethod
    def of(cls, job: Job, received: int) -> Self:
        return cls(
            id=job.id,
            kind=job.kind,
            name=job.name,
            size=job.size,
            state=job.state.value,
            error=job.error,
            actor=job.actor,
            created_at=job.created_at // MS,
            finished_at=None if job.finished_at is None else job.finished_at // MS,
            device_id=None if job.device is None else str(job.device),
            received=received,
            position=job.position,
            total=job.total,
            progress=1.0 if job.state == "done" else job.position / job.total if job.total else 0.0,
            rows=job.rows,
            accepted=job.accepted,
            duplicates=job.duplicates,
            rejected=[
                RejectedRows(reason=reason, count=count, lines=job.rejected_lines.get(reason, []))
                for reason, count in job.rejected.items()
            ],
            options=ImportOptions.of(job.options),
        )


class CsvPreview(BaseModel):
    encoding: str
    separator: str
    decimal: str
    header: bool
    columns: list[str]
    time_column: str | None
    time_format: TimeFormat | None
    zoned: bool
    mapping: list[ColumnMapping]
    rows: list[list[str]]
    ambiguous: list[str]

    @classmethod
    def of(cls, found: Detected) -> Self:
        return cls(
            encoding=found.encoding,
            separator=found.separator,
            decimal=found.decimal,
            header=found.header,
            columns=found.names,
            time_column=None if found.time_column is None else found.names[found.time_column],
            time_format=found.time_format,
            zoned=found.zoned,
            mapping=[ColumnMapping.of(found.names[column], channel) for column, channel in found.suggested],
            rows=found.rows,
            ambiguous=found.ambiguous,
        )
