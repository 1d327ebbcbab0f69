"""The way out of the server for notifications: names looked up once and checked, blocking work bounded."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from ohmstead.domain.notification import Undelivered
from ohmstead.domain.notifier import Route
from ohmstead.domain.outgoing import NotAllowed, OutgoingRules
from ohmstead.services.homes import look_up

T = TypeVar("T")
# Work that blocks: more at once than this only on a machine that notifies too much.
MOST_THREADS: Final = 8


def is_local(address: str) -> bool:
    """Whether the address belongs to this computer: only then can a socket be bound to it. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


class Outgoing:
    """What notifiers may use of the outer world (`domain.notifier.Means`)."""

    def __init__(
        self,
        rules: OutgoingRules,
        timeout_s: float,
        lookup: Callable[[str], Awaitable[list[str]]] = look_up,
    ) -> None:
        self.timeout_s = timeout_s
        self._rules = rules
        self._lookup = lookup
        self._room = asyncio.Semaphore(MOST_THREADS)

    async def route(self, host: str, port: int) -> Route:
        addresses = await self._lookup(host)
        if not addresses:
            raise Undelivered(f"the name {host} is not known (no answer from the name server)")
        try:
            return Route(host, port, tuple(self._rules.allowed(host, port, addresses)))
        except NotAllowed as error:
            raise Undelivered(f"not allowed: {error}", permanent=True) from None

    async def in_thread(self, work: Callable[[], T], give_up: Callable[[], object] | None = None) -> T:
        """In a thread that does not keep the process from ending, for at most `timeout_s`."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[T] = loop.create_future()
        try:
            async with asyncio.timeout(self.timeout_s):
                await self._room.acquire()
                threading.Thread(target=self._work, args=(loop, ended, work), name="notifier", daemon=True).start()
                return await asyncio.shield(ended)
        except TimeoutError:
            raise Undelivered(f"no answer within {self.timeout_s:g} s") from None
        finally:
            if not ended.done():
                ended.cancel()  # nobody waits for what comes of it
                if give_up is not None:
                    give_up()

    def _work(self, loop: asyncio.AbstractEventLoop, ended: "asyncio.Future[T]", work: Callable[[], T]) -> None:
        try:
            result = work()
        except Exception as error:
            tell, said = ended.set_exception, error
            self._end(loop, lambda: None if ended.done() else tell(said))
        else:
            self._end(loop, lambda: None if ended.done() else ended.set_result(result))

    def _end(self, loop: asyncio.AbstractEventLoop, tell: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell)
            loop.call_soon_threadsafe(self._room.release)
