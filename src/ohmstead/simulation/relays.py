"""A native device that switches: what it believes, what it draws, what it answers. Pure; told the time in seconds.

It obeys the rules of its kind: a desired document counts only if it is newer than the one it has, an order is carried
out once, and what it reports names the version it had seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ohmstead.dialects import native_control as wire

State = str | float
SIGNAL_DBM: Final = -58
HEAP_BYTES: Final = 92_000


@dataclass(frozen=True, slots=True)
class Load:
    """What hangs on one output. `dimmable`: takes levels of 0 to 100."""

    key: str
    watts: float
    dimmable: bool = False

    @property
    def power_key(self) -> str:
        return f"{self.key}_power"


@dataclass(slots=True)
class Relay:
    """`burnt`: keys whose relay clicks and whose load draws nothing, as with a dead lamp."""

    serial: str
    loads: Sequence[Load]
    boot: str = "b1"
    started_at: float = 0.0
    version: int = 0
    states: dict[str, State] = field(default_factory=dict)
    burnt: set[str] = field(default_factory=set)
    reset: str = "power on"
    _answered: dict[str, wire.Reply] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for load in self.loads:
            self.states.setdefault(load.key, "off")

    # What it says

    def hello(self) -> wire.Hello:
        channels: list[dict[str, Any]] = []
        for load in self.loads:
            channels.append({"key": load.key, "quantity": "switch", "unit": ""})
            channels.append({"key": load.power_key, "quantity": "power", "unit": "W", "decimals": 1})
        channels += [
            {"key": "signal", "quantity": "signal", "unit": "dBm"},
            {"key": "heap", "quantity": "memory", "unit": "bytes"},
            {"key": "uptime", "quantity": "duration", "unit": "s"},
        ]
        level = {"type": "number", "min": 0, "max": 100, "optional": True}
        offers = [
            wire.Offer("set", {load.key: level if load.dimmable else "switch?" for load in self.loads}),
            wire.Offer("identify", {"seconds": {"type": "integer", "min": 1, "max": 60}}),
            wire.Offer("reboot", {}),
        ]
        return wire.Hello(
            self.serial, self.boot, "simulated relay", "demo", reset=self.reset, channels=channels, commands=offers
        )

    def reported(self) -> wire.Shadow:
        return wire.Shadow(self.version, dict(self.states))

    def telemetry(self, now: float) -> dict[str, Any]:
        """One reading of everything."""
        values: dict[str, float] = {}
        for load in self.loads:
            values[load.key] = float(_level(self.states[load.key]) > 0)
            values[load.power_key] = self.watts(load)
        uptime = max(0.0, now - self.started_at)
        # Radio and memory breathe a little, the same way in every run.
        values |= {"signal": SIGNAL_DBM - uptime // 20 % 5, "heap": HEAP_BYTES - uptime // 5 % 12 * 512}
        return {"t": round(now * 1000), "v": values | {"uptime": round(uptime)}}

    def watts(self, load: Load) -> float:
        return 0.0 if load.key in self.burnt else round(load.watts * _level(self.states[load.key]) / 100, 1)

    # What it hears

    def desired(self, document: wire.Shadow) -> bool:
        """Take over a newer document; whether it was one."""
        if document.version <= self.version:
            return False
        self.version = document.version
        self._set(document.state)
        return True

    def ordered(self, command: wire.Command, now: float) -> wire.Reply:
        """The answer to an order, the same one when it comes again; a late one is not begun."""
        if command.id not in self._answered:
            self._answered[command.id] = self._obey(command, now)
        return self._answered[command.id]

    def _obey(self, command: wire.Command, now: float) -> wire.Reply:
        at = round(now * 1000)
        if command.expires_at is not None and at >= command.expires_at:
            return wire.Reply(command.id, "failed", "came too late", at)
        if command.name == "set":
            self._set(command.args)
        elif command.name == "reboot":
            self.restart(now, "reboot was ordered")
        elif command.name != "identify":
            return wire.Reply(command.id, "failed", "not understood", at)
        return wire.Reply(command.id, "succeeded", None, at)

    def touch(self, key: str) -> None:
        """Somebody presses the button on the device."""
        self.states[key] = "off" if _level(self.states[key]) > 0 else "on"

    def restart(self, now: float, why: str) -> None:
        """What it was told is forgotten; its relays fall."""
        self.boot = f"b{int(self.boot[1:]) + 1}"
        self.started_at, self.version, self.reset = now, 0, why
        self.states = {load.key: "off" for load in self.loads}

    def _set(self, wanted: Mapping[str, Any]) -> None:
        for load in self.loads:
            state = wanted.get(load.key)
            if state in ("on", "off"):
                self.states[load.key] = str(state)
            elif load.dimmable and isinstance(state, int | float) and not isinstance(state, bool):
                self.states[load.key] = float(min(max(state, 0), 100))


def _level(state: State) -> float:
    return (100.0 if state == "on" else 0.0) if isinstance(state, str) else state
