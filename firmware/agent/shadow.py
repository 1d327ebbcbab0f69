"""Shadow: takes over what is desired, keeps what must outlive a restart, reports what there is."""

from agent import files
from agent.late import late

PATH = "state.json"
_KEPT = ("version", "states", "policies", "schedules", "done", "commands")


class Shadow:
    """`outputs`: key -> driver. The newest document wins; a switch at the device itself is reported as it is."""

    agent = None  # whose updates these are

    def __init__(self, outputs, policies, uplink, log, clock):
        self._outputs = outputs
        self._uplink = uplink
        self._log = log
        self._clock = clock
        kept = files.load(PATH)
        self.kept = kept if isinstance(kept, dict) else {}
        for name in _KEPT:
            self.kept.setdefault(name, 0 if name == "version" else [] if name in ("schedules", "commands") else {})
        self._policies = policies
        self.extra = {}  # further fields that are reported: release, sensors.*
        self._told = None

    def policy(self, key):
        return self.kept["policies"].get(key) or self._policies.get(key) or {}

    def start(self):
        """Set the outputs as their policies say for a start."""
        for key in self._outputs:
            wanted = self.policy(key).get("boot", "off")
            if wanted in ("keep", "last"):
                wanted = self.kept["states"].get(key, "off")
            self.set(key, wanted, False)

    def set(self, key, state, keep=True):
        """Set an output. Raises KeyError, ValueError, OSError."""
        now = self._outputs[key].set(key, state)
        if keep and self.kept["states"].get(key) != now:
            self.kept["states"][key] = now
            self.save()
        return now

    def save(self):
        try:
            files.save(PATH, self.kept)
        except OSError as error:
            self._log("shadow", error)

    def desired(self, message):
        """Take over a desired document if it is newer than the one there is."""
        version, state = message["version"], message["state"]
        if not isinstance(version, int) or not isinstance(state, dict):
            raise ValueError("no desired document")  # noqa: TRY004 - one kind for all that is wrong
        if version < self.kept["version"]:
            self._log("shadow", "an older document (%d) is left out" % version)
            self.report()
            return
        again = version == self.kept["version"]
        self.kept["version"] = version
        for key in state:
            try:
                if key in self._outputs:
                    if not again or self.policy(key).get("boot") not in ("off", "on"):
                        self.set(key, state[key])
                elif key in ("policies", "schedules"):
                    self.kept[key] = state[key]
                elif key == "release" and self.agent:
                    late("agent.obey").released(self.agent, state[key])
            except (ValueError, OSError) as error:
                self._log(key, error)
        for key in ("policies", "schedules"):
            if key not in state and self.kept[key]:
                self.kept[key] = [] if key == "schedules" else {}
        self.save()
        self.report()

    def _now(self):
        state = {key: self._outputs[key].get(key) for key in self._outputs}
        state.update(self.extra)
        return state

    def report(self):
        self._told = self._now()
        state = dict(self._told)
        for key in ("policies", "schedules"):
            if self.kept[key]:
                state[key] = self.kept[key]
        self._uplink.post("reported", {"version": self.kept["version"], "state": state})

    async def work(self):
        if self._uplink.up:
            self.look()

    def look(self):
        """Report if something changed by itself: a button, a timer, a sensor that fails."""
        if self._told not in (None, self._now()):
            for key in self._outputs:
                self.kept["states"][key] = self._outputs[key].get(key)
            self.report()
