"""HTTP for devices that send one small request after another: no task, no scope, one write for the answer.

A device sends the same head again and again, but for the length of its body. What the parser makes of a head depends
on nothing but its bytes. So when a whole request came in one piece, the parser understood all of it, and its route
can be answered directly, its head is remembered; the next request with that very head is not parsed again. Everything
else, the first request of a device among it, goes the ordinary way.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ohmstead.runtime.asgi import Header
from ohmstead.runtime.http_protocol import BoundedHttp

log = logging.getLogger(__name__)

HEAD_MOST_BYTES: Final = 1024  # of a head that is remembered; those of devices have 150 to 300
MOST_HEADS: Final = 4096
END_OF_HEAD: Final = b"\r\n\r\n"


class Answer(Protocol):
    """To be called once, at any time; harmless if the client has left."""

    def __call__(self, status: int, body: bytes, content_type: bytes, extra: Sequence[Header] = ()) -> None: ...


Take = Callable[[bytes, Answer], None]  # answers a body, now or later, in the event loop's thread
Route = Callable[[Sequence[Header]], Take | None]  # how to take requests with these headers; None: the ordinary way


class Known(NamedTuple):
    length: int  # of the body
    take: Take


class DirectRoutes:
    """What can be answered directly, and the heads known so far: of all connections together, so that many
    connections cost no more."""

    def __init__(self, routes: Mapping[tuple[str, str], Route]) -> None:
        self._routes = routes
        self._known: dict[bytes, Known] = {}

    def find(self, data: bytes) -> tuple[Take, bytes] | None:
        """How to take `data`, and its body, if it is one whole request with a known head."""
        start = data.find(END_OF_HEAD) + len(END_OF_HEAD)
        known = self._known.get(data[:start])
        return (known.take, data[start:]) if known is not None and len(data) - start == known.length else None

    def learn(self, data: bytes, scope: Mapping[str, Any], body: bytearray) -> None:
        """Note that the parser made `scope` and `body`, and nothing else, of `data`."""
        route = self._routes.get((scope["method"], scope["path"]))
        start = data.find(END_OF_HEAD) + len(END_OF_HEAD)
        if route is None or start > HEAD_MOST_BYTES or data[start:] != body:
            return
        take = route(scope["headers"])
        if take is not None:
            if len(self._known) >= MOST_HEADS:
                self._known.clear()
            self._known[data[:start]] = Known(len(body), take)


class DirectHttp(BoundedHttp):
    """One connection. It answers one request at a time; what comes meanwhile waits."""

    def __init__(self, *args: Any, direct: DirectRoutes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._direct = direct
        self._between = True  # the parser has read all of one request and nothing of the next
        self._piece = b""  # what is being parsed, if it came while that was so
        self._owes_answer = False  # to a request that was taken directly
        self._early = b""  # what came before that answer was given
        self._answered_at = float("-inf")
        self._is_last = False  # the server goes down after this answer

    def data_received(self, data: bytes) -> None:
        if self._owes_answer:
            self._early += data
            self.flow.pause_reading()
            return
        if self._between and self._is_idle():
            if (found := self._direct.find(data)) is not None:
                self._take(*found)
                return
            self._piece = data
        super().data_received(data)
        self._piece = b""

    def _is_idle(self) -> bool:
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.pipeline and not self.flow.write_paused

    def on_message_begin(self) -> None:
        self._between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._between = True
        if self._piece and self.cycle is not None and self.cycle.keep_alive and not self.expect_100_continue:
            self._direct.learn(self._piece, self.scope, self.cycle.body)

    def _take(self, take: Take, body: bytes) -> None:
        self._owes_answer = True
        try:
            take(body, self._answer)
        except Exception:
            log.exception("a request could not be answered")
            self._is_last = True
            self._answer(500, b"Internal Server Error", b"text/plain; charset=utf-8")

    def _answer(self, status: int, body: bytes, content_type: bytes, extra: Sequence[Header] = ()) -> None:
        self._owes_answer = False
        self._answered_at = self.loop.time()
        if self.transport.is_closing():
            return
        headers = [*self.server_state.default_headers, (b"content-type", content_type), *extra]
        if self._is_last:
            headers.append((b"connection", b"close"))
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        self.transport.write(b"%b%bcontent-length: %d\r\n\r\n%b" % (STATUS_LINE[status], lines, len(body), body))
        if self._is_last:
            self.transport.close()
        elif self._early:
            early, self._early = self._early, b""
            self.flow.resume_reading()
            self.data_received(early)

    def timeout_keep_alive_handler(self) -> None:
        """The timer runs on through requests that are taken directly: they may have come since it was set."""
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if self._owes_answer or left > 0:
            again = self.timeout_keep_alive if self._owes_answer else left
            self.timeout_keep_alive_task = self.loop.call_later(again, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def shutdown(self) -> None:
        if self._owes_answer:
            self._is_last = True
        else:
            super().shutdown()
