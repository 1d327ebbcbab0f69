"""`multipart/form-data` (RFC 7578): reading a whole, bounded body, and writing one."""

import re
from dataclasses import dataclass
from typing import Final

MOST_PARTS: Final = 32
MOST_HEADERS: Final = 4096  # bytes in front of one part
_BOUNDARY: Final = re.compile(r'(?i)\A\s*multipart/form-data\s*;.*?\bboundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))')
_NAME: Final = re.compile(r'(?i)(?:^|;)\s*name="((?:[^"\\]|\\.)*)"')
_FILE_NAME: Final = re.compile(r'(?i)(?:^|;)\s*filename="((?:[^"\\]|\\.)*)"')


class NoForm(Exception):
    """The body is not the form its header says; the message says where it ends to be one."""


@dataclass(frozen=True, slots=True)
class Field:
    content: bytes
    file_name: str | None = None

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace").strip()


def boundary_of(content_type: str) -> str | None:
    """None if it is no such form."""
    found = _BOUNDARY.match(content_type)
    return None if found is None else found[1] or found[2]


def read_form(body: bytes, boundary: str) -> dict[str, Field]:
    """The fields by name. Raises NoForm; a name that occurs twice is one reason."""
    line = b"--" + boundary.encode("latin-1")
    start = body.find(line)
    if start < 0 or (start and not body[:start].endswith(b"\r\n")):
        raise NoForm("the boundary is not there")
    fields: dict[str, Field] = {}
    at = start + len(line)
    while body[at : at + 2] != b"--":
        if len(fields) >= MOST_PARTS:
            raise NoForm(f"more than {MOST_PARTS} parts")
        opened = body.find(b"\r\n", at, at + 64)
        head_end = body.find(b"\r\n\r\n", at, at + MOST_HEADERS)
        if opened < 0 or head_end < 0 or body[at:opened].strip(b" \t"):
            raise NoForm("a part has no heading")
        end = body.find(b"\r\n" + line, head_end + 2)
        if end < 0:
            raise NoForm("the last part does not end")
        name, file_name = _disposition(body[opened + 2 : head_end])
        if name in fields:
            raise NoForm(f"{name!r} is there twice")
        fields[name] = Field(body[head_end + 4 : end], file_name)
        at = end + 2 + len(line)
    return fields


def _disposition(head: bytes) -> tuple[str, str | None]:
    for raw in head.split(b"\r\n"):
        name, _, value = raw.decode("utf-8", "replace").partition(":")
        if name.strip().lower() == "content-disposition" and value.strip().lower().startswith("form-data"):
            parameters = value.partition(";")[2]
            named, file = _NAME.search(parameters), _FILE_NAME.search(parameters)
            if named is not None:
                return named[1], None if file is None else file[1]
    raise NoForm("a part has no name")


def write_file(boundary: str, name: str, file_name: str, content: bytes) -> tuple[bytes, bytes]:
    """Everything before and behind the bytes of one file, as browsers write it."""
    assert f"--{boundary}".encode() not in content
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
    return f"{head}Content-Type: application/octet-stream\r\n\r\n".encode(), f"\r\n--{boundary}--\r\n".encode()
