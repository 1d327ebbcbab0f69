"""Bringing data in: a job, its bytes in pieces, a look at them, and the start."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.requests import ClientDisconnect

from ohmstead.api import transfer_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.domain.errors import InvalidInput, TooLarge
from ohmstead.importing.detecting import HEAD_BYTES

router = APIRouter(prefix="/imports", tags=["import"])
Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


@router.get("")
async def imports(who: Who, parts: InjectedParts) -> list[schemas.ImportView]:
    """Newest first; finished ones stay listed for a while."""
    return [schemas.ImportView.of(job, parts.imports.received(job)) for job in parts.imports.all(who)]


@router.post("", status_code=201)
async def begin_import(
    body: schemas.NewImport, who: Who, parts: InjectedParts, response: Response
) -> schemas.ImportView:
    """201 with a new job; 200 with the unfinished one that was begun for the same file before."""
    job, new = await parts.imports.begin(
        who, body.kind, body.name, body.size, body.options.known(), body.sha256, body.modified_at
    )
    response.status_code = 201 if new else 200
    return schemas.ImportView.of(job, parts.imports.received(job))


@router.post("/preview")
async def preview_bytes(request: Request, who: Who, parts: InjectedParts) -> schemas.CsvPreview:
    """The same for the first bytes of a file, sent as they are; how it is read may be given in the query."""
    head = bytearray()
    async for data in request.stream():
        head += data
        if len(head) > 4 * HEAD_BYTES:
            raise TooLarge(f"the first {HEAD_BYTES} bytes are enough")
    if not head:
        raise InvalidInput("send the first bytes of the file as the body")
    try:
        options = schemas.ImportOptions.model_validate(dict(request.query_params))
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    return schemas.CsvPreview.of(parts.imports.look(who, bytes(head[:HEAD_BYTES]), options.known()))


@router.get("/{job_id}", name="import_")
async def import_(job_id: Id, who: Who, parts: InjectedParts) -> schemas.ImportView:
    job = parts.imports.get(who, job_id)
    return schemas.ImportView.of(job, parts.imports.received(job))


@router.put("/{job_id}/content")
async def upload(
    job_id: Id, request: Request, who: Who, parts: InjectedParts, offset: Annotated[int, Query(ge=0)]
) -> schemas.ImportView:
    """Bytes from `offset` on, which must be what was received so far (409 names it)."""
    try:
        job = await parts.imports.receive(who, job_id, offset, request.stream())
    except ClientDisconnect:  # what arrived is kept; nobody hears this answer
        job = parts.imports.get(who, job_id)
    return schemas.ImportView.of(job, parts.imports.received(job))


@router.get("/{job_id}/preview")
async def preview_import(job_id: Id, who: Who, parts: InjectedParts) -> schemas.CsvPreview:
    """How the file is written, its first rows, and which channels its columns would become."""
    return schemas.CsvPreview.of(await parts.imports.preview(who, job_id))


@router.post("/{job_id}/preview")
async def preview_import_with(
    job_id: Id, body: schemas.ImportOptions, who: Who, parts: InjectedParts
) -> schemas.CsvPreview:
    """The same, read in the given way."""
    return schemas.CsvPreview.of(await parts.imports.preview(who, job_id, body.known()))


@router.post("/{job_id}/start", status_code=202)
async def start_import(
    job_id: Id, who: Who, parts: InjectedParts, body: schemas.ImportStart | None = None
) -> schemas.ImportView:
    options = body.options.known() if body is not None and body.options is not None else None
    job = await parts.imports.start(who, job_id, options)
    return schemas.ImportView.of(job, parts.imports.received(job))


@router.post("/{job_id}/cancel")
async def cancel_import(job_id: Id, who: Who, parts: InjectedParts) -> schemas.ImportView:
    """Stop, and drop the file. What is stored already stays."""
    job = await parts.imports.cancel(who, job_id)
    return schemas.ImportView.of(job, parts.imports.received(job))
