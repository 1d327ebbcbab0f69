"""Commands to meters of system 003: one payload with both words, because which one is read depends on the firmware."""

from typing import Any, Final

import msgspec

from ohmstead.dialects.loose_json import load_small
from ohmstead.domain.command import Command, CommandChanged, CommandState, Offer
from ohmstead.domain.errors import MalformedPayload, NotFound
from ohmstead.domain.meter_update import MeterToldUpdate
from ohmstead.domain.telemetry import SECOND
from ohmstead.mqtt.message import Message
from ohmstead.mqtt.topics import matches
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.commands import Commands
from ohmstead.services.registry import Known, Registry
from ohmstead.transports.mqtt_gateway import Gateway

METER: Final = "meter"
NOTHING: Final = 0
ANSWERS: Final = "meter/+/ota/status"  # the only answer any firmware gives
LONGEST_PACKET: Final = 256  # of the MQTT client in these devices, which loses a longer one without a word
OVERHEAD: Final = 9  # fixed header, length of the topic, packet id

OFFERS: Final = (
    Offer("reboot", {}),
    Offer("factory_reset", {}),
    Offer("reset_config", {}),
    Offer("update_config", {"key": "text", "value": {}}),
)
_OTHER_WORD: Final = {"factory_reset": "reset_config"}  # what the older documents call it
_STATES: Final = {
    "received": CommandState.ACKNOWLEDGED,
    "downloading": CommandState.ACKNOWLEDGED,
    "success": CommandState.SUCCEEDED,
    "failed": CommandState.FAILED,
}


class MeterControl:
    def __init__(self, registry: Registry, commands: Commands, bus: Bus, clock: Clock) -> None:
        self._registry = registry
        self._commands = commands
        self._bus = bus
        self._clock = clock
        self._gateway: Gateway | None = None
        bus.subscribe(CommandChanged, self._command_changed)

    def attach(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def deliver_waiting(self) -> None:
        """Send what waits for meters that are there (again)."""
        for device in self._commands.queued_for():
            for command in self._commands.deliverable(device):
                if command.state is CommandState.QUEUED:
                    self._deliver(command)

    def _command_changed(self, fact: CommandChanged) -> None:
        if fact.command.state is CommandState.QUEUED:
            self._deliver(fact.command)

    def _deliver(self, command: Command) -> None:
        gateway = self._gateway
        try:
            known = self._registry.get(command.device)
        except NotFound:
            return
        if known.device.dialect != METER or gateway is None or not command.deliverable(self._clock.now()):
            return
        label = known.device.details.get("device_id")
        topic = f"meter/{label}/control"
        if label is None or not known.presence.is_online(self._clock.now()) or not gateway.broker.hears(topic):
            return
        if others := self._namesakes(known, label):
            self._commands.fail(command, f"{others} more meters call themselves {label} and would do it too")
            return
        payload = union(command)
        if len(payload) + len(topic) + OVERHEAD > LONGEST_PACKET:
            self._commands.fail(command, f"longer than the {LONGEST_PACKET} bytes this device can take")
            return
        left_s = (command.expires_at - self._clock.now()) / SECOND
        gateway.broker.route(Message(topic, payload, 1, expires_at=gateway.broker.clock() + left_s))
        self._commands.sent(command)

    def _namesakes(self, known: Known, label: str) -> int:
        return sum(
            other is not known and other.device.dialect == METER and other.device.details.get("device_id") == label
            for other in self._registry
        )

    def answered(self, topic: str, payload: bytes | memoryview) -> int:
        """A meter tells how far it is. Raises MalformedPayload; what belongs to no command is nobody's."""
        message = load_small(payload)
        if not isinstance(message, dict):
            raise MalformedPayload("expected a JSON object")
        state = _STATES.get(str(message.get("status")))
        serial = message.get("serial_number")
        known = self._registry.by_serial.get(serial) if isinstance(serial, str) else None
        if known is None or state is None or known.device.dialect != METER:
            return NOTHING
        if known.device.details.get("device_id") != topic.split("/")[1]:
            return NOTHING
        number = message.get("command_id", message.get("job_id"))
        text = message.get("message")
        if message.get("command_id") is None:
            self._bus.publish(_about_update(known.device.id, message))
            if not str(number).isdecimal():
                return NOTHING
        return self._commands.answered(known, str(number), state, text if isinstance(text, str) else "")


def _about_update(device: int, message: dict[str, Any]) -> MeterToldUpdate:
    job, text, runs = (message.get(name) for name in ("job_id", "message", "current_version"))
    return MeterToldUpdate(
        device,
        str(message.get("status")),
        None if job in (None, "") else str(job),
        text if isinstance(text, str) else "",
        runs if isinstance(runs, str) else None,
    )


def union(command: Command) -> bytes:
    """The payload that every firmware understands as far as it can."""
    fields: dict[str, Any] = {
        "command": _OTHER_WORD.get(command.name, command.name),
        "action": command.name,
        "command_id": str(command.id),
        **{key: value for key, value in command.args.items() if key in ("key", "value")},
    }
    return msgspec.json.encode(fields)


def is_answer(topic: str) -> bool:
    return matches(ANSWERS, topic)
