"""What a device with outputs does by itself: schedules, timers, lost links and load limits, without the server."""

import time

from agent.clock import Y2000
from agent.late import late

_LATE = 600000  # ms: a run that was missed for longer is left out


def begin(agent, outputs):
    """Outputs by their keys: set as they are to be at the start, then minded."""
    agent.outputs = outputs
    late("agent.obey").need_shadow(agent)
    agent.shadow.start()
    agent.rules = rules = Rules(agent.shadow, agent.clock, agent.config["limits"], agent.log)
    rules.agent = agent
    agent.duties.append(rules.work)


class Rules:
    agent = None

    def __init__(self, shadow, clock, limits, log):
        self._shadow = shadow
        self._clock = clock
        self._log = log
        self._limits = [dict(limit) for limit in limits]
        self._timers = {}  # key -> (until in ticks, what then)
        self._lost = None
        self._done_lost = set()

    def set(self, key, state, for_s=None, why=""):
        before = self._shadow.kept["states"].get(key, "off")
        self._shadow.set(key, state)
        self._log("outputs", "%s %s %s" % (key, state, why))
        self._timers.pop(key, None)
        if for_s:
            then = "off" if state != "off" and (before == state or before == "off") else before
            self._timers[key] = (time.ticks_add(time.ticks_ms(), int(for_s * 1000)), then)

    async def work(self):
        self.tick(self.agent.uplink.up, self.agent.values)

    async def order(self, args):
        """The command `set`: outputs by their keys."""
        for key in args:
            self.set(key, args[key], None, "command")
        self._shadow.report()
        return "set"

    def tick(self, up, values):
        """Every second or more often. `up`: whether the server can be reached; `values`: key -> the newest value."""
        now = time.ticks_ms()
        for key in list(self._timers):
            until, then = self._timers[key]
            if time.ticks_diff(now, until) >= 0:
                self.set(key, then, None, "timer")
        self._mind_link(up, now)
        if self._clock.is_set and not up:
            self._schedules(self._clock.now() + Y2000)
        for limit in self._limits:
            self._limit(limit, values.get(limit["key"]), now)

    def _mind_link(self, up, now):
        if up:
            self._lost = None
            self._done_lost = set()
            return
        if self._lost is None:
            self._lost = now
        for key in self._shadow.kept["policies"]:
            policy = self._shadow.policy(key)
            wanted = policy.get("lost_link", "keep")
            if wanted != "keep" and key not in self._done_lost:
                if time.ticks_diff(now, self._lost) >= policy.get("lost_link_s", 0) * 1000:
                    self._done_lost.add(key)
                    self._try(key, wanted, None, "lost link")

    def _schedules(self, now):
        """While the server is away; it does the same while it is there."""
        done = self._shadow.kept["done"]
        for entry in self._shadow.kept["schedules"]:
            due = [at for at in entry["runs"] if done.get(entry["id"], 0) < at <= now]
            if due:
                done[entry["id"]] = due[-1]
                self._shadow.save()
                if now - due[-1] <= _LATE:
                    self._try(entry["field"], entry["state"], entry.get("for_s"), "schedule " + entry["id"])

    def _try(self, key, state, for_s, why):
        try:
            self.set(key, state, for_s, why)
        except (KeyError, ValueError, OSError) as error:
            self._log("outputs", error)

    def _limit(self, limit, watts, now):
        """Above the limit for `over_s` one output is shed; with room for `under_s`, the last one comes back."""
        if watts is None:
            return
        shed = limit.setdefault("_shed", [])
        over = watts > limit["limit_w"]
        under = watts < limit["limit_w"] - limit.get("margin_w", 200)
        side = 1 if over else -1 if under else 0
        if side != limit.get("_side"):
            limit["_side"], limit["_since"] = side, now
        waited = time.ticks_diff(now, limit["_since"])
        if over and waited >= limit.get("over_s", 10) * 1000:
            for key in limit["shed"]:
                state = self._shadow.kept["states"].get(key, "off")
                if state not in ("off", 0):
                    shed.append((key, state, watts))
                    self._try(key, "off", None, "load limit")
                    break
            limit["_since"] = now
        elif under and shed and waited >= limit.get("under_s", 60) * 1000:
            key, state, before = shed[-1]
            if watts + max(0, before - limit["limit_w"]) < limit["limit_w"] - limit.get("margin_w", 200):
                shed.pop()
                self._try(key, state, None, "load limit over")
            limit["_since"] = now
