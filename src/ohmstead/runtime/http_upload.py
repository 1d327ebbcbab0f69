"""One file to a small device, as a browser's form would send it, in pieces, telling how far it is."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ohmstead.runtime.http_client import MOST_HEAD, Answer, read_answer
from ohmstead.runtime.multipart import write_file

PIECE_BYTES: Final = 4096
# The slowest of these devices writes its flash at some 20 KB/s.
SLOWEST_BYTES_S: Final = 10_000
CONNECT_S: Final = 10.0
ANSWER_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`sent`: every byte left. `answer`: None if the connection ended without one, `why` then says how."""

    sent: bool
    answer: Answer | None = None
    why: str = ""


async def upload(
    address: str, port: int, target: str, field: str, name: str, content: bytes, progress: Callable[[float], None]
) -> Outcome:
    """POST `content` to an IP address; nothing is looked up and no redirect is followed."""
    boundary = f"----ohmstead{secrets.token_hex(12)}"
    before, behind = write_file(boundary, field, name, content)
    body = before + content + behind
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode("ascii")
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(address, port, limit=MOST_HEAD)
    except (OSError, TimeoutError) as error:
        return Outcome(sent=False, why=f"not reached: {error or 'no answer'}")
    sent = False
    try:
        # What is in a buffer has not arrived: small ones keep "every byte left" close to the truth.
        writer.transport.set_write_buffer_limits(high=0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE_BYTES)
        async with asyncio.timeout(CONNECT_S + len(body) / SLOWEST_BYTES_S):
            writer.write(head)
            for at in range(0, len(body), PIECE_BYTES):
                writer.write(body[at : at + PIECE_BYTES])
                await writer.drain()
                progress(min(1.0, (at + PIECE_BYTES) / len(body)))
        sent = True
        async with asyncio.timeout(ANSWER_S):
            return Outcome(sent=True, answer=await read_answer(reader))
    except TimeoutError:
        return Outcome(sent, why="it took too long")
    except (OSError, EOFError, asyncio.LimitOverrunError, ValueError) as error:
        return Outcome(sent, why=f"the connection broke: {error or type(error).__name__}")
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
