"""Commands: one-off orders. Each is carried out once, before it expires, and answered."""

from agent.clock import Y2000

_REMEMBERED = 24


class Commands:
    """`names`: name -> coroutine function(args) that returns a text; ValueError and OSError say what is wrong."""

    def __init__(self, names, shadow, uplink, clock, log):
        self.names = names
        self._shadow = shadow
        self._uplink = uplink
        self._clock = clock
        self._log = log
        self.waiting = []

    def take(self, order):
        """An order has arrived."""
        number = order["id"]
        if not isinstance(number, str) or not isinstance(order["name"], str):
            raise ValueError("no command")  # noqa: TRY004 - one kind for all that is wrong
        done = self._shadow.kept["commands"]
        for one, state, detail in done:
            if one == number:  # it came twice: the answer was lost
                self._reply(number, state, detail)
                return
        if any(one["id"] == number for one in self.waiting):
            return
        if len(self.waiting) >= 8:
            self._reply(number, "failed", "too many commands wait")
            return
        self.waiting.append(order)

    async def work(self):
        """Carry out what waits; the parts of the agent call it."""
        while self.waiting:
            order = self.waiting[0]
            number, name, expires = order["id"], order["name"], order.get("expires_at")
            if expires is not None and self._clock.is_set and self._clock.now() + Y2000 > expires:
                self._log("commands", "%s has expired" % name)
                self.waiting.pop(0)
                continue
            does = self.names.get(name)
            state, detail = "succeeded", ""
            # Noted before: an order that restarts the device must not be obeyed again after the restart.
            self._note(number, state, detail)
            try:
                if does is None:
                    raise ValueError("no command " + name)
                detail = await does(order.get("args") or {}) or ""
            except (ValueError, OSError, KeyError, TypeError) as error:
                state, detail = "failed", str(error) or repr(error)
            self._note(number, state, detail)
            self.waiting.pop(0)
            self._log("commands", "%s %s %s" % (name, state, detail))
            self._reply(number, state, detail)

    def _note(self, number, state, detail):
        done = [one for one in self._shadow.kept["commands"] if one[0] != number]
        done.append([number, state, detail[:60]])
        self._shadow.kept["commands"] = done[-_REMEMBERED:]
        self._shadow.save()

    def _reply(self, number, state, detail):
        reply = {"id": number, "state": state, "detail": detail[:400]}
        if self._clock.is_set:
            reply["at"] = self._clock.now() + Y2000
        self._uplink.post("replies", reply)
