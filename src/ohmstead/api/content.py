"""A file of a release as an HTTP answer: whole, a range of it, or none of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from ohmstead.api.ranges import NotSatisfiable, range_of
from ohmstead.services.release_pieces import Piece


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers, and which bytes of the piece follow; none with 416."""

    status: int
    headers: Mapping[str, str]
    start: int = 0
    end: int = 0


def answer_with(piece: Piece, asked: str | None, only_if: str | None) -> Answer:
    """`asked`: the Range header; `only_if`: the If-Range header."""
    size, etag = len(piece.content), f'"{piece.sha256}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "X-Content-SHA256": piece.sha256,
        "Cache-Control": "private, no-store",
    }
    if only_if is not None and only_if != etag:
        asked = None
    try:
        part = range_of(asked, size)
    except NotSatisfiable:
        return Answer(416, {**headers, "Content-Range": f"bytes */{size}", "Content-Length": "0"})
    start, end = part or (0, size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    return Answer(206 if part else 200, headers, start, end)
