"""How often what was asked over HTTP was not done, and WebSockets were ended: numbers for `/metrics`."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from ohmstead.runtime.asgi import Message, Receive, Scope, Send

OUR_CODES: Final = range(1002, 5000)
NO_FAULT: Final = frozenset({1005, 1006, 1012})  # no code, a lost connection, our own end


class Refusals:
    """Event-loop only."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()  # HTTP answers from 400 on, by status
        self.endings: Counter[int] = Counter()  # WebSockets ended by a fault or a rule, by close code

    def watch(self, scope: Scope, receive: Receive, send: Send) -> tuple[Receive, Send]:
        """The same messages, counted."""
        if scope["type"] == "http":
            return receive, self._answering(send)
        return self._hearing(receive), self._ending(send)

    def measures(self) -> Iterator[tuple[str, float]]:
        """Names, with labels, and values."""
        for status, count in sorted(self.answers.items()):
            yield f'http_refused_total{{status="{status}"}}', count
        for code, count in sorted(self.endings.items()):
            yield f'websocket_ended_total{{code="{code}"}}', count

    def _answering(self, send: Send) -> Send:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                self.answers[message["status"]] += 1
            await send(message)

        return answer

    def _hearing(self, receive: Receive) -> Receive:
        async def hear() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self._ended(message.get("code"))  # a frame too long or broken: the web server hung up
            return message

        return hear

    def _ending(self, send: Send) -> Send:
        async def end(message: Message) -> None:
            if message["type"] == "websocket.close":
                self._ended(message.get("code"))
            await send(message)

        return end

    def _ended(self, code: int | None) -> None:
        if code is not None and code in OUR_CODES and code not in NO_FAULT:
            self.endings[code] += 1
