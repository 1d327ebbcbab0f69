"""Who may do what over MQTT, and where a published message goes: the gateway's keeper of gates."""

from collections.abc import Callable, Mapping, Sequence

from ohmstead.dialects.dialect import Dialect, Envelope
from ohmstead.dialects.native import DIALECT as NATIVE
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Forbidden, MalformedPayload, NotFound
from ohmstead.domain.mapping import Source
from ohmstead.domain.trust import TrustRules
from ohmstead.mqtt.topics import matches
from ohmstead.runtime.clock import Clock
from ohmstead.services.ingest import Ingest
from ohmstead.services.mappings import Mappings
from ohmstead.services.registry import Known, Registry
from ohmstead.services.tokens import Tokens
from ohmstead.transports.meter_control import ANSWERS, MeterControl, is_answer
from ohmstead.transports.native_control import LEAVES, NativeControl

NATIVE_ROOT = "ohmstead/"
NOTHING = 0

# What a native device publishes itself; everything else below its serial is the server's to say.
DEVICE_SAYS = frozenset({"telemetry", "status", "hello", "replies", "reported", "log"})


Route = Callable[[bytes | memoryview], int]  # payload to ticket


class MqttDoors:
    """Decides by credentials and address. One instance; each connection gets a Grant of its own."""

    def __init__(
        self,
        ingest: Ingest,
        registry: Registry,
        tokens: Tokens,
        trust: TrustRules,
        clock: Clock,
        dialects: Mapping[str, Dialect],
        denied: Sequence[str],
        open_to_all: bool,
        mappings: Mappings | None = None,
        control: NativeControl | None = None,
        meters: MeterControl | None = None,
    ) -> None:
        self._ingest = ingest
        self._registry = registry
        self._tokens = tokens
        self._trust = trust
        self._clock = clock
        self._anonymous = [d for d in dialects.values() if d.topics]
        self.denied = tuple(denied)
        self._open = open_to_all
        self._mappings = mappings
        self.control = control
        self._meters = meters
        self._anonymous_topics = [topic for d in self._anonymous for topic in d.topics]
        if meters is not None:
            self._anonymous_topics.append(ANSWERS)

    def connect(self, client_id: str, username: str | None, password: bytes | None, peer: str) -> "Grant | None":
        """User name = serial or empty, password = token. Without both: only from allowed networks."""
        if self._open:
            return Grant(self, peer, "anybody", topics=("#",), listens=("#", "$SYS/#"), retains=True)
        if password:
            return self._with_token(username or "", password, peer)
        if username or not self._trust.allows(peer):
            return None
        return Grant(
            self,
            peer,
            "anybody",
            topics=tuple(self._anonymous_topics),
            listens=tuple(topic for d in self._anonymous for topic in d.listens),
            wildcards=False,
            anonymous=True,
        )

    def _with_token(self, username: str, password: bytes, peer: str) -> "Grant | None":
        principal = self._tokens.principal(password)
        if principal is None:
            return None
        if principal.device is not None:
            return self._device_grant(username, principal, peer)
        if principal.topics:
            return Grant(
                self,
                peer,
                f"token {principal.token}",
                topics=principal.topics,
                listens=principal.topics,
                retains=True,
                token=principal.token,
            )
        return None

    def _device_grant(self, username: str, principal: Principal, peer: str) -> "Grant | None":
        try:
            known = self._registry.get(principal.device or 0)
        except NotFound:
            return None
        serial = known.device.serial
        if not principal.may(Permission.TELEMETRY_WRITE) or username not in ("", serial):
            return None
        known.presence.connections += 1
        if self.control is not None:
            self.control.arrived(known)
        root = f"{NATIVE_ROOT}{serial}/"
        return Grant(
            self,
            peer,
            f"device {known.device.id}",
            topics=tuple(root + leaf for leaf in DEVICE_SAYS),
            listens=(root + "#",),
            retains=True,
            known=known,
            token=principal.token,
        )

    # Where messages go

    def route(self, topic: str, peer: str) -> Route | None:
        """How to take in what comes on `topic`; None if it is a message like any other."""
        if topic.startswith(NATIVE_ROOT):
            serial, _, leaf = topic[len(NATIVE_ROOT) :].partition("/")
            if leaf == "telemetry":
                return lambda payload: self._native(serial, payload)
            if leaf == "status" or leaf in LEAVES:
                return lambda payload: self._said(serial, leaf, payload)
            return None
        for dialect in self._anonymous:
            if any(matches(topic_filter, topic) for topic_filter in dialect.topics):
                return self._foreign_route(dialect, topic, peer)
        if (meters := self._meters) is not None and is_answer(topic):
            return lambda payload: meters.answered(topic, payload)
        if self._mappings is None or topic.startswith("$"):
            return None
        mapped = self._mappings.find(Source.MQTT, topic)
        if mapped is not None:
            return self._foreign_route(mapped, topic, peer)
        return self._unmatched_route(self._mappings, topic) if self._trust.allows(peer) else None

    @property
    def generation(self) -> int:
        """Rises whenever `route` may answer differently for the same topic."""
        return 0 if self._mappings is None else self._mappings.generation

    def may_offer(self, topic: str) -> bool:
        """Whether a client without credentials may show what it has on a topic that is nobody's yet.

        It is taken if an admin mapped it, else remembered for the preview and refused; never handed on.
        """
        return self._mappings is not None and not topic.startswith((NATIVE_ROOT, "$"))

    def is_mapped(self, topic: str) -> bool:
        return self._mappings is not None and self._mappings.find(Source.MQTT, topic) is not None

    def _unmatched_route(self, mappings: Mappings, topic: str) -> Route:
        def note(payload: bytes | memoryview) -> int:
            mappings.note(Source.MQTT, topic, payload)
            return NOTHING

        return note

    def _foreign_route(self, dialect: Dialect, topic: str, peer: str) -> Route:
        return lambda payload: self._foreign(dialect, topic, peer, payload)

    def _native(self, serial: str, payload: bytes | memoryview) -> int:
        known = self._registry.by_serial.get(serial)
        if known is None:
            raise Forbidden(f"there is no device with serial {serial}")
        return self._take(known, NATIVE, payload, "", "")

    def _foreign(self, dialect: Dialect, topic: str, peer: str, payload: bytes | memoryview) -> int:
        received = self._clock.arrival()
        try:
            batch = dialect.decode(payload, Envelope(received, topic, peer))
        except MalformedPayload:
            self._ingest.malformed(None)
            raise
        known = self._ingest.anonymous(batch.serial or topic, dialect)
        self._ingest.admit(known)
        return self._ingest.submit(known, batch, received).ticket

    def _take(self, known: Known, dialect: Dialect, payload: bytes | memoryview, topic: str, peer: str) -> int:
        self._ingest.admit(known)
        received = self._clock.arrival()
        try:
            batch = dialect.decode(payload, Envelope(received, topic, peer))
        except MalformedPayload:
            self._ingest.malformed(known)
            raise
        return self._ingest.submit(known, batch, received).ticket

    def _said(self, serial: str, leaf: str, payload: bytes | memoryview) -> int:
        known = self._registry.by_serial.get(serial)
        if known is None or self.control is None or known.device.deleted_at is not None:
            return NOTHING
        return self.control.status(known, payload) if leaf == "status" else self.control.take(known, leaf, payload)


class Grant:
    """What one connection may do. Answers are remembered per topic: a device uses a handful."""

    __slots__ = ("_anonymous", "_doors", "_generation", "_known", "_listens", "_peer", "_retains", "_routes", "_token",
                 "_topics", "_wildcards", "owner")  # fmt: skip

    def __init__(
        self,
        doors: MqttDoors,
        peer: str,
        owner: str,
        *,
        topics: tuple[str, ...],
        listens: tuple[str, ...],
        retains: bool = False,
        wildcards: bool = True,
        anonymous: bool = False,
        known: Known | None = None,
        token: int | None = None,
    ) -> None:
        self._token = token
        self._doors = doors
        self._peer = peer
        self.owner = owner
        self._topics = topics
        self._listens = listens
        self._retains = retains
        self._wildcards = wildcards
        self._anonymous = anonymous
        self._generation = doors.generation
        self._known = known
        self._routes: dict[str, Route | None] = {}

    def may_publish(self, topic: str) -> bool:
        return self._is_granted(topic) or (self._anonymous and self._doors.may_offer(topic))

    def _is_granted(self, topic: str) -> bool:
        return any(matches(allowed, topic) for allowed in self._topics)

    def may_subscribe(self, topic_filter: str) -> bool:
        """Everything the filter can match must be granted; a filter that is denied is refused, and what lies in it."""
        if any(covers(denied, topic_filter) or denied == topic_filter for denied in self._doors.denied):
            return False
        if not self._wildcards and ("+" in topic_filter or "#" in topic_filter):
            return False
        if not any(covers(granted, topic_filter) for granted in self._listens):
            return False
        if self._known is not None and self._doors.control is not None:
            self._doors.control.subscribes(self._known, topic_filter)
        return True

    def may_retain(self, topic: str) -> bool:
        return self._retains

    def publish(self, topic: str, payload: bytes | memoryview, qos: int, retain: bool) -> int:
        """The ticket to wait for, or 0. Raises MalformedPayload, TooMany, Unavailable or Forbidden."""
        if self._generation != self._doors.generation:
            self._generation = self._doors.generation
            self._routes.clear()
        try:
            route = self._routes[topic]
        except KeyError:
            route = self._route(topic)
            if len(self._routes) < 1000:
                self._routes[topic] = route
        return NOTHING if route is None else route(payload)

    def _route(self, topic: str) -> Route | None:
        route = self._doors.route(topic, self._peer)
        if not self._anonymous or self._is_granted(topic) or self._doors.is_mapped(topic):
            return route

        def refuse(payload: bytes | memoryview) -> int:
            if route is not None:
                route(payload)
            raise Forbidden(f"nothing without credentials may be published to {topic}")

        return refuse

    def rests_on(self, token: int | None) -> bool:
        """Whether this connection came in with that token."""
        return token is not None and self._token == token

    def closed(self, clean: bool) -> None:
        if self._known is not None:
            self._known.presence.disconnected()
            if self._doors.control is not None:
                self._doors.control.left(self._known)


def covers(granted: str, asked: str) -> bool:
    """Whether every topic that filter `asked` matches is also matched by filter `granted`."""
    have, want = granted.split("/"), asked.split("/")
    for n, level in enumerate(have):
        if level == "#":
            return True
        if n >= len(want) or want[n] == "#" or (level == "+") < (want[n] == "+"):
            return False
        if level != "+" and level != want[n]:
            return False
    return len(have) == len(want)
