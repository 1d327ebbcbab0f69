"""Relay: relays, lights and dimmers on pins. What they do when the link is lost is the agent's to say."""

from micropython import const

import machine

CHANNELS = (("relay", "switch", "", 0),)
# One entry for each output: key, pin, and optionally inverted, dim (0 to 100 %) and boot: its level until the agent
# has read the policies.
DEFAULTS = {"outputs": None, "interval_s": 60}

_PWM_HZ = const(1000)


class Driver:
    def __init__(self, bus, settings):
        self.outputs = {}
        self._pins = {}
        self._state = {}
        channels = []
        for entry in settings["outputs"]:
            key = entry["key"]
            inverted = 1 if entry.get("inverted") else 0
            boot = entry.get("boot", "off")
            if key in self.outputs or boot not in ("off", "on"):
                raise ValueError("output " + str(key))
            level = inverted ^ (boot == "on")
            # The level goes in with the mode: between two calls a relay could clatter.
            pin = machine.Pin(entry["pin"], machine.Pin.OUT, value=level)
            dim = bool(entry.get("dim"))
            if dim:
                pin = machine.PWM(pin, freq=_PWM_HZ, duty_u16=65535 * level)
            self._pins[key] = (pin, inverted, dim)
            self.outputs[key] = {"type": "number", "min": 0, "max": 100} if dim else None
            self._state[key] = (100 if dim else "on") if boot == "on" else (0 if dim else "off")
            channels.append((key, "generic" if dim else "switch", "%" if dim else "", 0))
        if not channels:
            raise ValueError("outputs is empty")
        self.channels = tuple(channels)

    def get(self, key):
        return self._state[key]

    def set(self, key, state):
        pin, inverted, dim = self._pins[key]
        if dim:
            level = 100 if state == "on" else 0 if state == "off" else state
            if isinstance(level, (str, bool)) or not 0 <= level <= 100:
                raise ValueError("expected on, off or 0 to 100")
            duty = int(level * 65535 / 100)
            pin.duty_u16(65535 - duty if inverted else duty)
            self._state[key] = level
        else:
            if state not in ("on", "off"):
                raise ValueError("expected on or off")
            pin(inverted ^ (state == "on"))
            self._state[key] = state
        return self._state[key]

    async def read(self, out):
        for i in range(len(self.channels)):
            state = self._state[self.channels[i][0]]
            out[i] = (state == "on") * 1 if isinstance(state, str) else state

    async def self_test(self):
        for key in self._pins:
            pin, inverted, dim = self._pins[key]
            if not dim and pin() != inverted ^ (self._state[key] == "on"):
                raise ValueError("output " + key + " does not follow its pin")
