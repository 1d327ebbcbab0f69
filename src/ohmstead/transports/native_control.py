"""Control of native devices: what they say beside telemetry, and what they are told.

Commands go out at QoS 1, are not retained, and leave only while their device is connected and listens: nothing
waits in a session queue, where it could outlive its time. The desired document is retained.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from ohmstead.dialects import native_control as wire
from ohmstead.domain.command import Command, CommandChanged, CommandState, Offer
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import Forbidden, MalformedPayload, NotFound
from ohmstead.domain.shadow import DesiredChanged
from ohmstead.domain.telemetry import MS, SECOND, Batch
from ohmstead.mqtt.message import Message
from ohmstead.mqtt.topics import matches
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.commands import Commands
from ohmstead.services.device_logs import DeviceLogs
from ohmstead.services.ingest import Ingest
from ohmstead.services.registry import Known, Registry
from ohmstead.services.shadows import Shadows
from ohmstead.transports.mqtt_gateway import Gateway

ROOT: Final = "ohmstead/"
NATIVE: Final = "native"
NOTHING: Final = 0
LEAVES: Final = frozenset({"hello", "replies", "reported", "log"})


class ClockTrust(Protocol):
    @property
    def trusted(self) -> bool: ...


class NativeControl:
    """Event-loop only. Usable over HTTP from the start; over MQTT once a gateway is attached."""

    def __init__(
        self,
        registry: Registry,
        ingest: Ingest,
        shadows: Shadows,
        commands: Commands,
        logs: DeviceLogs,
        bus: Bus,
        clock: Clock,
        trust: ClockTrust,
    ) -> None:
        self._registry = registry
        self._ingest = ingest
        self._shadows = shadows
        self._commands = commands
        self._logs = logs
        self._bus = bus
        self._clock = clock
        self._trust = trust
        self._gateway: Gateway | None = None
        self._told: dict[int, set[int]] = {}  # device -> orders that its present connection was given
        bus.subscribe(DesiredChanged, self._desired_changed)
        bus.subscribe(CommandChanged, self._command_changed)
        bus.subscribe(DeviceChanged, self._device_changed)

    def attach(self, gateway: Gateway) -> None:
        """Speak over MQTT; every desired document is retained from now on."""
        self._gateway = gateway
        for device in self._shadows.with_wishes():
            self._publish_desired(device)

    # What devices say

    def take(self, known: Known, leaf: str, payload: bytes | memoryview) -> int:
        """One message of `known`; the ticket after which it is on disk. Raises what ingest raises, Forbidden."""
        self._ingest.admit(known)
        try:
            ticket = self._take(known, leaf, payload)
        except MalformedPayload:
            self._ingest.malformed(known)
            raise
        self._heard(known)
        return ticket

    def _take(self, known: Known, leaf: str, payload: bytes | memoryview) -> int:
        match leaf:
            case "hello":
                return self._hello(known, wire.decode(wire.Hello, payload))
            case "reported":
                report = wire.decode(wire.Shadow, payload)
                return self._shadows.report(known, report.version, report.state)
            case "replies":
                reply = wire.decode(wire.Reply, payload)
                return self._commands.answered(known, reply.id, reply.state, reply.detail or "")
            case "log":
                log = wire.decode(wire.Log, payload)
                self._logs.take(known.device.id, log.start, log.lines)
                return NOTHING
        raise NotFound(f"nothing is known by the name {leaf}")

    def _hello(self, known: Known, hello: wire.Hello) -> int:
        if hello.serial != known.device.serial:
            raise Forbidden(f"this is {known.device.serial}, not {hello.serial[:64]!r}")
        told = {"firmware": hello.firmware, "board": hello.board, "reset": hello.reset}
        details = known.device.details | {name: text[:64] for name, text in told.items() if text}
        batch = Batch([], announced=hello.announced(), details=details)
        self._ingest.submit(known, batch, self._clock.arrival())
        offers = [Offer(o.name, o.args if isinstance(o.args, dict) else None) for o in hello.commands]
        return self._shadows.hello(known, hello.boot, offers)

    def status(self, known: Known, payload: bytes | memoryview) -> int:
        """`online`, or the last will."""
        self._presence(known, gone=bytes(payload) != b"online")
        return NOTHING

    def present(self, known: Known) -> None:
        """The device asked for news over another door."""
        self._heard(known)

    def _heard(self, known: Known) -> None:
        before = known.presence.is_online(self._clock.now())
        known.presence.heard(self._clock.now())
        if not before:
            self._bus.publish(DeviceChanged(known.device.id))

    def _presence(self, known: Known, *, gone: bool) -> None:
        if known.presence.gone != gone:
            known.presence.gone = gone
            self._bus.publish(DeviceChanged(known.device.id))

    # Coming and going

    def arrived(self, known: Known) -> None:
        """A connection of the device was accepted; its session may hold subscriptions already."""
        self._shadows.connected(known.device.id)
        self._told.pop(known.device.id, None)  # what it did not answer may not have reached it
        self._presence(known, gone=False)
        self._soon(lambda: self._deliver_all(known))

    def subscribes(self, known: Known, topic_filter: str) -> None:
        """The device may subscribe to this, and does so now: perhaps it waits for what is told of it."""
        root = f"{ROOT}{known.device.serial}/"
        if matches(topic_filter, root + "commands"):
            self._soon(lambda: self._deliver_all(known))
        if matches(topic_filter, root + "time"):
            self._soon(lambda: self._tell_time(known))

    def left(self, known: Known) -> None:
        """A connection of the device ended."""
        self._bus.publish(DeviceChanged(known.device.id))

    def _soon(self, work: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon(work)

    # What devices are told

    def listens(self, known: Known) -> bool:
        """Whether an order would reach the device now."""
        gateway = self._gateway
        return (
            gateway is not None
            and known.presence.is_online(self._clock.now())
            and gateway.broker.hears(f"{ROOT}{known.device.serial}/commands")
        )

    def _deliver_all(self, known: Known) -> None:
        if self.listens(known):
            for command in self._commands.deliverable(known.device.id):
                self._deliver(known, command)

    def deliver_waiting(self) -> None:
        """Send what waits for devices that came back without a word of their own."""
        for device in self._commands.queued_for():
            if (known := self._native(device)) is not None:
                self._deliver_all(known)

    def _command_changed(self, fact: CommandChanged) -> None:
        command = fact.command
        if not command.open:
            self._told.get(command.device, set()).discard(command.id)
        if command.state is not CommandState.QUEUED or not command.deliverable(self._clock.now()):
            return
        known = self._native(command.device)
        if known is not None and self.listens(known):
            self._deliver(known, command)

    def _deliver(self, known: Known, command: Command) -> None:
        """Once over each connection, however often the device subscribes."""
        gateway = self._gateway
        assert gateway is not None  # listens() made sure
        told = self._told.setdefault(known.device.id, set())
        if command.id in told:
            return
        told.add(command.id)
        left_s = (command.expires_at - self._clock.now()) / SECOND
        message = Message(
            f"{ROOT}{known.device.serial}/commands",
            order(command),
            1,
            expires_at=gateway.broker.clock() + left_s,
        )
        gateway.broker.route(message)
        self._commands.sent(command)

    def _desired_changed(self, fact: DesiredChanged) -> None:
        self._publish_desired(fact.device)

    def _device_changed(self, fact: DeviceChanged) -> None:
        """What is retained for a deleted device must not meet another one of its serial; undone, it is back."""
        gateway = self._gateway
        if gateway is None:
            return
        if fact.gone:
            for known in self._registry.deleted():
                if known.device.id == fact.device and known.device.dialect == NATIVE:
                    gateway.forget(f"{ROOT}{known.device.serial}/")
        elif self._shadows.of(fact.device).version:
            self._publish_desired(fact.device)

    def _publish_desired(self, device: int) -> None:
        gateway, known = self._gateway, self._native(device)
        if gateway is None or known is None:
            return
        topic = f"{ROOT}{known.device.serial}/desired"
        payload = self.desired(device)
        kept = gateway.broker.retained.get(topic)
        if kept is None or kept.payload != payload:
            gateway.publish(topic, payload, qos=1, retain=True)

    def desired(self, device: int) -> bytes:
        """The desired document as the device reads it."""
        shadow = self._shadows.of(device)
        return wire.encode(wire.Shadow(shadow.version, shadow.document()))

    def _tell_time(self, known: Known) -> None:
        topic = f"{ROOT}{known.device.serial}/time"
        if self._gateway is not None and self._gateway.broker.hears(topic):
            now = wire.Time(self._clock.now() // MS, self._trust.trusted)
            self._gateway.publish(topic, wire.encode(now))

    def _native(self, device: int) -> Known | None:
        try:
            known = self._registry.get(device)
        except NotFound:
            return None
        return known if known.device.dialect == NATIVE else None


def order(command: Command) -> bytes:
    """A command as a native device reads it."""
    return wire.encode(wire.Command(str(command.id), command.name, dict(command.args), command.expires_at // MS))
