"""One bounded GET or POST. Tolerates odd servers; never follows a redirect, never reads without an end."""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MOST_HEAD: Final = 16 * 1024
MOST_BODY: Final = 64 * 1024


class NoAnswer(Exception):
    """The device was not reached, said nothing in time, or what it said is not HTTP; the message says which."""


class NotReached(NoAnswer):
    """There was no connection: whatever was to be sent did not arrive."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace").strip()


async def get(address: str, port: int, target: str, *, timeout_s: float) -> Answer:
    """Ask `address` (an IP address: nothing is looked up here) for `target`, which is encoded already.

    A body longer than MOST_BODY is cut off. Raises NoAnswer.
    """
    host = _named(address, port, usual=80)
    head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAccept: */*\r\n\r\n"
    return await _ask(address, port, head.encode("ascii"), timeout_s)


async def post(
    addresses: Sequence[str],
    port: int,
    target: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    host: str,
    timeout_s: float,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send `body` to the first of the IP addresses that takes the connection; nothing is looked up here.

    `host` goes into the Host header and is what the certificate is checked for. Headers must be plain ASCII without
    line breaks. Raises NoAnswer.
    """
    named = _named(host, port, usual=443 if tls else 80)
    lines = [f"POST {target} HTTP/1.1", f"Host: {named}", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line break in a header")
    request = "\r\n".join([*lines, "", ""]).encode("ascii") + body
    refused = NotReached("there is no address")
    for address in addresses:
        try:
            return await _ask(address, port, request, timeout_s, tls, host)
        except NotReached as error:
            refused = error
    raise refused


def _named(host: str, port: int, *, usual: int) -> str:
    """Host and port as the Host header wants them."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port == usual else f"{shown}:{port}"


async def _ask(
    address: str, port: int, request: bytes, timeout_s: float, tls: ssl.SSLContext | None = None, name: str = ""
) -> Answer:
    connected = False
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(
                address, port, limit=MOST_HEAD, ssl=tls, server_hostname=name if tls else None
            )
            connected = True
            try:
                writer.write(request)
                return await read_answer(reader)
            finally:
                writer.transport.abort()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except TimeoutError:
        raise (NoAnswer if connected else NotReached)(f"no answer within {timeout_s:g} s") from None
    except ssl.SSLCertVerificationError as error:
        raise NotReached(f"its certificate is not trusted: {error.verify_message}") from error
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise NoAnswer("what came is not HTTP") from error
    except OSError as error:
        raise (NoAnswer if connected else NotReached)(f"not reached: {error.strerror or error}") from error


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """What a server says. Raises ValueError, EOFError and LimitOverrunError for what is not HTTP."""
    status_line = (await _line(reader)).split(None, 2)
    if len(status_line) < 2 or not status_line[0].startswith(b"HTTP/"):
        raise ValueError("no status line")
    status = int(status_line[1])
    length: int | None = None
    chunked = False
    read = 0
    while line := await _line(reader):
        read += len(line)
        if read > MOST_HEAD:
            raise ValueError("endless headers")
        name, _, value = line.partition(b":")
        match name.strip().lower():
            case b"content-length":
                length = int(value)
            case b"transfer-encoding":
                chunked = value.strip().lower() == b"chunked"
    if chunked:
        return Answer(status, await _chunks(reader))
    if length is not None:
        return Answer(status, await _up_to(reader, min(length, MOST_BODY)))
    return Answer(status, await _up_to(reader, MOST_BODY))


async def _line(reader: asyncio.StreamReader) -> bytes:
    """A line without its end, which may lack the carriage return."""
    return (await reader.readuntil(b"\n")).rstrip(b"\r\n")


async def _up_to(reader: asyncio.StreamReader, most: int) -> bytes:
    """What comes until the end of the connection; a body that is shorter than it said is what it is."""
    parts, size = [], 0
    while size < most and (part := await reader.read(most - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while len(body) < MOST_BODY:
        size = int((await _line(reader)).partition(b";")[0], 16)
        if size == 0:
            break
        body += await reader.readexactly(min(size, MOST_BODY - len(body)))
        if len(body) < MOST_BODY:
            await _line(reader)
    return body
