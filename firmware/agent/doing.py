"""What a device can be told to do, by name. Loaded with the first command."""

from agent.late import late


def names(agent):
    async def reboot(args):
        agent.restarting = True
        return "restarting"

    async def identify(args):
        if agent.config["led"] >= 0:
            await late("agent.led").blink(agent.config["led"])
        return agent.serial

    async def interval(args):
        seconds = args["interval_s"]
        if isinstance(seconds, bool) or not 0.01 <= seconds <= 86400:
            raise ValueError("interval_s is 0.01 to 86400")
        found = [s for s in agent.sensors.all if args.get("driver", s.name) == s.name]
        if not found:
            raise ValueError("no such driver")
        for sensor in found:
            _keep(agent, sensor, {"interval_s": seconds})
            sensor.interval = int(seconds * 1000)
        return "every %s s" % seconds

    async def log(args):
        first = max(int(args.get("from", 0)), agent.log.first)
        lines = agent.log.lines[first - agent.log.first :][:30]
        agent.uplink.post("log", {"from": first, "lines": lines})
        return "%d lines" % len(lines)

    async def self_test(args):
        wrong = []
        for sensor in agent.sensors.all:
            try:
                await sensor.driver.self_test()
            except (OSError, ValueError) as error:
                wrong.append("%s: %s" % (sensor.name, error))
        if wrong:
            raise ValueError("; ".join(wrong))
        return "%d sensors work" % len(agent.sensors.all)

    async def sync(args):
        return "pending %d, lost %d" % (agent.outbox.pending, agent.outbox.lost)

    found = {
        "reboot": reboot,
        "identify": identify,
        "interval": interval,
        "log": log,
        "self_test": self_test,
        "sync": sync,
    }
    if agent.rules:
        found["set"] = agent.rules.order
    for sensor in agent.sensors.all:
        if hasattr(sensor.driver, "rate"):
            from agent.recorder import orders

            orders(agent, sensor, found)
        if hasattr(sensor.driver, "command"):
            module = getattr(__import__("drivers." + sensor.name), sensor.name)
            for offer in getattr(module, "COMMANDS", ()):
                found.setdefault(offer["name"], _of_driver(agent, offer["name"]))
    return found


def _of_driver(agent, name):
    async def command(args):
        asked = args.get("driver")
        said = []
        for sensor in agent.sensors.all:
            module = getattr(__import__("drivers." + sensor.name), sensor.name)
            known = [offer["name"] for offer in getattr(module, "COMMANDS", ())]
            if name in known and asked in (None, sensor.name, sensor.entry.get("prefix")):
                result = await sensor.driver.command(name, args)
                if isinstance(result, tuple):
                    result, settings = result
                    _keep(agent, sensor, settings)
                said.append(result)
        if not said:
            raise ValueError("no such driver")
        return "; ".join(str(one) for one in said)

    return command


def _keep(agent, sensor, settings):
    """Settings that a driver wants to find again after a restart."""
    sensor.entry.update(settings)
    late("agent.config").save(agent.config)
