"""Hello: what is told after each connect. Loaded for that moment only."""

OFFERS = (
    ("reboot", {}),
    ("identify", {}),
    ("interval", {"interval_s": "number"}),  # also takes driver; what is named here must be given
    ("log", {}),
    ("self_test", {}),
    ("sync", {}),
)


def greet(agent):
    """Who the device is, what it measures, what it can be told to do; then what there is and what is new."""
    _hello(agent)
    if agent.update:
        agent.update.connected()
    if agent.shadow:
        agent.shadow.report()


def _hello(agent):
    channels = []
    for sensor in agent.sensors.all:
        for key, quantity, unit, decimals in sensor.channels:
            channels.append({"key": key, "quantity": quantity, "unit": unit, "decimals": decimals})
    agent.uplink.post("status", b"online", 1)
    agent.uplink.post(
        "hello",
        {
            "serial": agent.serial,
            "boot": agent.boot,
            "board": agent.config["board"],
            "firmware": agent.version,
            "channels": channels,
            "commands": offers(agent),
        },
    )


def offers(agent):
    """What can be ordered, and with what."""
    found = {}
    for name, args in OFFERS:
        found[name] = args
    for sensor in agent.sensors.all:
        module = getattr(__import__("drivers." + sensor.name), sensor.name)
        for offer in getattr(module, "COMMANDS", ()):
            found.setdefault(offer["name"], offer.get("args", {}))
        if hasattr(sensor.driver, "start"):
            found["start"] = found["stop"] = {}
    if agent.outputs:
        found["policies"] = found["schedules"] = {}
        found["set"] = {key: _range(agent.outputs[key], key) for key in agent.outputs}
    return [{"name": name, "args": found[name]} for name in found]


def _range(driver, key):
    return getattr(driver, "outputs", getattr(driver, "OUTPUTS", {})).get(key) or {"type": "switch"}
