"""The MQTT door: listens, keeps the connections, releases acknowledgements when their tickets commit."""

import asyncio
import math
import socket
import ssl as tls
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from time import monotonic

import structlog

from ohmstead.mqtt import properties as props
from ohmstead.mqtt.broker import Broker
from ohmstead.mqtt.codes import PacketType, Reason
from ohmstead.mqtt.counters import Counters
from ohmstead.mqtt.limits import Limits
from ohmstead.mqtt.message import Message
from ohmstead.mqtt.packets import Will
from ohmstead.mqtt.properties import Properties, Property
from ohmstead.mqtt.session import Session
from ohmstead.mqtt.wire import Reader
from ohmstead.runtime.ports import open_port
from ohmstead.transports.client_connection import ClientConnection
from ohmstead.transports.conversation import may_subscribe
from ohmstead.transports.gatekeeper import NOTHING, Gatekeeper, Grant, RetainedStore
from ohmstead.transports.wills import Wills

log = structlog.get_logger(__name__)

SWEEP_S = 0.5  # how exact keep-alive, session expiry and will delay are
RETRY_S = 0.05  # a full store drains in milliseconds; a commit wakes the waiting ones earlier anyway
FAREWELL_S = 0.5  # for the last bytes, when the process is about to end
BACKLOG = 4_096  # ten thousand devices come back at once after a power cut


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    client_id: str
    username: str | None
    peer: str
    version: int
    subscriptions: tuple[str, ...]
    queued: int
    grant: Grant


class Gateway:
    """One per process. Everything, `committed` and `failed` included, is called in the event loop's thread."""

    def __init__(
        self,
        gatekeeper: Gatekeeper,
        retained: RetainedStore,
        limits: Limits | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.counters = Counters()
        self.broker = Broker(self.limits, self.counters, clock)
        self.gatekeeper = gatekeeper
        self.committed_ticket = NOTHING
        self.paused = False
        # Connections with acknowledgements that wait for a commit; a dict because it keeps the order.
        self.waiting: dict[ClientConnection, None] = {}
        self._retained = retained
        self._connections: set[ClientConnection] = set()
        self._servers: list[asyncio.Server] = []
        self._stalled: dict[ClientConnection, float] = {}
        self._wills = Wills(self.take, self.counters)
        self._nothing_owed = asyncio.Event()  # the last two: set while closing only
        self._nobody_left = asyncio.Event()
        self._sweeper: asyncio.TimerHandle | None = None
        self._retrier: asyncio.TimerHandle | None = None
        self._closing = False

    # life

    async def start(self) -> None:
        """Load the retained messages and start the sweep. Before the first `listen`."""
        now = self.broker.clock()
        for topic, payload, qos, properties, left_s in self._retained.load():
            read = props.decode(Reader(properties), PacketType.PUBLISH) if properties else None
            self.broker.keep(Message(topic, payload, qos, read, None if left_s is None else now + left_s))
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_S, self._on_sweep)

    async def listen(self, host: str | None, port: int, ssl: tls.SSLContext | None = None) -> int:
        """Accept clients at `host` (None: every IPv4 and IPv6 address); the port, chosen by the system if 0.

        Raises OSError when the address cannot be had. May be called several times.
        """
        sock = open_port(host, port)
        await self.listen_on(sock, ssl)
        bound: int = sock.getsockname()[1]
        return bound

    async def listen_on(self, sock: socket.socket, ssl: tls.SSLContext | None = None) -> None:
        """Accept clients on a socket that listens already."""
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(self._accept, sock=sock, ssl=ssl, backlog=BACKLOG))

    async def close(self, timeout_s: float = 3.0) -> None:
        """Stop accepting and reading, wait for the acknowledgements still owed, publish wills, hang up.

        The writer has to be running still: what was accepted is acknowledged when it commits.
        """
        self._closing = True
        for server in self._servers:
            server.close()
        self.pause()
        if self.waiting and not await _within(timeout_s, self._nothing_owed.wait()):
            log.warning("closing with acknowledgements unsent", connections=len(self.waiting))
        for connection in list(self._connections):
            connection.close(Reason.SERVER_SHUTTING_DOWN)
        self._wills.due(math.inf)
        for handle in (self._sweeper, self._retrier):
            if handle is not None:
                handle.cancel()
        if self._connections and not await _within(FAREWELL_S, self._nobody_left.wait()):
            for connection in list(self._connections):
                connection.abort()
        for server in self._servers:
            await _within(FAREWELL_S, server.wait_closed())
        self._servers.clear()

    def pause(self) -> None:
        """Stop reading from every client, new ones too, until `resume`."""
        self.paused = True
        for connection in self._connections:
            connection.hold(ClientConnection.PAUSED)

    def resume(self) -> None:
        self.paused = False
        for connection in list(self._connections):
            connection.unhold(ClientConnection.PAUSED)

    # tickets

    def committed(self, ticket: int) -> None:
        """Everything up to `ticket` is durable: acknowledge it, and let those who waited for room try again."""
        if ticket > self.committed_ticket:
            self.committed_ticket = ticket
        waiting, self.waiting = self.waiting, {}
        for connection in waiting:
            connection.release(self.committed_ticket)
        if self._closing and not self.waiting:
            self._nothing_owed.set()
        if self._stalled:
            self._retry_stalled(throttled=False)

    def failed(self, first: int, last: int) -> None:
        """Tickets `first`…`last` were not stored: hang up on those who wait for them, so that they send again."""
        for connection in list(self.waiting):
            tickets = connection.tickets
            place = bisect_left(tickets, first)
            if place < len(tickets) and tickets[place] <= last:
                connection.release(first - 1)
                self.counters.failed += len(connection.tickets)
                connection.close(Reason.QUOTA_EXCEEDED)
        for session in self.broker.sessions.values():
            session.forget_received(first, last)

    # messages

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> None:
        """A message of the server itself. A retained one is not stored: the server makes it anew when it starts."""
        message = Message(topic, payload, qos)
        if retain:
            self.broker.keep(message)
        self.broker.route(message, retain)

    def forget(self, root: str) -> None:
        """What is retained under `root` is nobody's any more."""
        for topic in [topic for topic in self.broker.retained if topic.startswith(root)]:
            self._keep(Message(topic, b"", 0))

    def take(
        self,
        grant: Grant,
        publisher: Session | None,
        topic: str,
        payload: bytes,
        qos: int,
        retain: bool,
        properties: Properties | None = None,
    ) -> int:
        """A permitted message of a client: offer it to the server, keep it if retained, hand it on.

        Returns the ticket to wait for. Raises what Grant.publish raises; then nothing was handed on.
        """
        if retain and not (grant.may_retain(topic) and self.broker.may_keep(topic)):
            self.counters.unretained += 1
            retain = False
        ticket = grant.publish(topic, payload, qos, retain)
        expires_at = None
        if properties:
            expiry = properties.pop(Property.MESSAGE_EXPIRY_INTERVAL, None)
            expires_at = None if expiry is None else self.broker.clock() + expiry
        message = Message(topic, payload, qos, properties or None, expires_at, publisher)
        if retain:
            ticket = max(ticket, self._keep(message))
        self.broker.route(message, retain)
        return ticket

    def hand_on(self, publisher: Session | None, topic: str, payload: bytes, qos: int) -> None:
        """Route a message that needs nothing else (the hot path's way out when somebody listens)."""
        self.broker.route(Message(topic, payload, qos, publisher=publisher))

    def _keep(self, message: Message) -> int:
        if not message.payload and message.topic not in self.broker.retained:
            return NOTHING
        properties = props.encode(message.properties) if message.properties else None
        left_s = None if message.expires_at is None else message.expires_at - self.broker.clock()
        ticket = self._retained.save(message.topic, message.payload or None, message.qos, properties, left_s)
        self.broker.keep(message)
        return ticket

    # knowledge

    @property
    def connections(self) -> list[ConnectionInfo]:
        return [
            ConnectionInfo(
                session.client_id,
                connection.username,
                connection.peer,
                session.version,
                tuple(session.subscriptions or ()),
                session.waiting,
                connection.grant,
            )
            for connection in self._connections
            if (session := connection.session) is not None and connection.grant is not None
        ]

    def stats(self) -> dict[str, int]:
        return {
            "connections": len(self._connections),
            "sessions": len(self.broker.sessions),
            "subscriptions": len(self.broker.subscriptions),
            "retained": len(self.broker.retained),
            "waiting": sum(len(connection.tickets) for connection in self.waiting),
            "dropped": self.counters.dropped,
            **self.counters.as_dict(),
        }

    def measures(self) -> Iterator[tuple[str, float]]:
        """The same for `/metrics`: what only rises ends in `_total`."""
        rising = self.counters.as_dict().keys() | {"dropped"}
        for name, value in self.stats().items():
            yield f"mqtt_{name}_total" if name in rising else f"mqtt_{name}", value

    def permissions_changed(self) -> None:
        """Ask every Grant anew: forget what clients may publish, end subscriptions they may no longer have."""
        for connection in self._connections:
            if connection.routes:
                connection.routes.clear()
            if (session := connection.session) is not None and connection.grant is not None:
                for topic_filter in list(session.subscriptions or ()):
                    if not may_subscribe(connection.grant, topic_filter):
                        self.broker.unsubscribe(session, topic_filter)

    def disconnect(self, which: Callable[[Grant], bool], reason: Reason = Reason.ADMINISTRATIVE_ACTION) -> int:
        """Hang up on the clients whose grant `which` picks (token revoked, device deleted); how many."""
        chosen = [one for one in self._connections if one.grant is not None and which(one.grant)]
        for connection in chosen:
            connection.close(reason)
        return len(chosen)

    # what connections call

    def joined(self, connection: ClientConnection) -> None:
        self._connections.add(connection)

    def left(self, connection: ClientConnection) -> None:
        self._connections.discard(connection)
        if self._closing and not self._connections:
            self._nobody_left.set()

    def take_over(self, key: tuple[str, str]) -> None:
        """A client with the session key of a connected one arrives: the older connection goes."""
        session = self.broker.sessions.get(key)
        if session is not None and isinstance(session.link, ClientConnection):
            self.counters.take_overs += 1
            session.link.close(Reason.SESSION_TAKEN_OVER)

    def detached(self, connection: ClientConnection, session: Session, grant: Grant, will: Will | None) -> None:
        """`connection` serves `session` no longer; `will` is None when it ended as its client wished."""
        self.waiting.pop(connection, None)
        self._stalled.pop(connection, None)
        if self._closing and not self.waiting:
            self._nothing_owed.set()
        self.broker.release(session)
        if will is not None:
            self._wills.add(session.key, will, grant, session.expiry_s, self.broker.clock())

    def came_back(self, key: tuple[str, str], resumed: bool) -> None:
        """A client is here again, with its old session or with a new one."""
        self._wills.came_back(key, resumed)

    def stall(self, connection: ClientConnection, delay_s: float | None) -> None:
        """Let `connection` try its packet again after `delay_s`, or, if None, as soon as there is room."""
        loop = asyncio.get_running_loop()
        self._stalled[connection] = 0.0 if delay_s is None else loop.time() + delay_s
        if self._retrier is None:
            self._retrier = loop.call_later(RETRY_S, self._on_retry)

    # timers

    def _on_retry(self) -> None:
        self._retrier = None
        self._retry_stalled(throttled=True)
        if self._stalled and self._retrier is None:
            self._retrier = asyncio.get_running_loop().call_later(RETRY_S, self._on_retry)

    def _retry_stalled(self, *, throttled: bool) -> None:
        now = asyncio.get_running_loop().time()
        for connection, due in list(self._stalled.items()):
            if connection not in self._stalled or due > now or (due and not throttled):
                continue
            del self._stalled[connection]
            connection.unhold(ClientConnection.STALLED)
            if self._stalled.get(connection) == 0.0:
                break  # no room yet, for nobody

    def sweep(self) -> None:
        """End what its time has come for: silent connections, sessions left behind, wills that were delayed."""
        now = self.broker.clock()
        for connection in list(self._connections):
            connection.check_time(now)
        self.broker.expire()
        self._wills.due(now)

    def _on_sweep(self) -> None:
        self.sweep()
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_S, self._on_sweep)

    def _accept(self) -> ClientConnection:
        return ClientConnection(self)


async def _within(seconds: float, what: Awaitable[object]) -> bool:
    """Wait for `what`, but not for longer; False if it did not come."""
    try:
        await asyncio.wait_for(what, seconds)
    except TimeoutError:
        return False
    return True
