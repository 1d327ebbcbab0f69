"""One driver of the configuration: made, resumed, made again when it keeps failing."""

import time

from agent.sensors import Sensor
from micropython import const

_SLOWEST = const(60)  # s between tries of a sensor that fails
_ANEW = const(5)  # failures in a row, after which the driver is made anew


def new(entry, buses):
    """A sensor of the configuration. `state`: "ok", or what is wrong."""
    sensor = Sensor()
    sensor.entry = entry
    sensor.name = entry["driver"]
    sensor.buses = buses
    sensor.failures = 0
    sensor.state = "starting"
    sensor.driver = None
    make(sensor)
    sensor.out = [None] * len(sensor.channels)
    sensor.due = time.ticks_ms()
    return sensor


def make(sensor):
    if sensor.driver and hasattr(sensor.driver, "close"):
        sensor.driver.close()
    module = getattr(__import__("drivers." + sensor.name), sensor.name)
    settings = dict(module.DEFAULTS)
    settings.update(sensor.entry)
    for key in settings:
        if settings[key] is None:
            raise ValueError("%s: %s is not set" % (sensor.name, key))
    sensor.interval = max(10, int(settings.get("interval_s", 10) * 1000))
    bus = settings.get("bus")
    if bus and sensor.buses.get(bus) is None:
        raise ValueError("%s: there is no bus %s" % (sensor.name, bus))
    sensor.driver = module.Driver(sensor.buses[bus] if bus else None, settings)
    prefix = settings.get("prefix", "")
    channels = getattr(sensor.driver, "channels", module.CHANNELS)
    sensor.channels = [(prefix + c[0], c[1], c[2], c[3]) for c in channels] if prefix else channels


def make_all(entries, buses, sensors, log):
    for entry in entries:
        try:
            sensors.all.append(new(entry, buses))
        except (ImportError, OSError, ValueError, KeyError, TypeError) as error:
            sensors.broken[entry.get("driver", "?")] = repr(error)
            log("sensors", error)


def layout(sensors):
    """What the records hold: for each source its keys and decimals."""
    return [[[c[0], c[3]] for c in sensor.channels] for sensor in sensors.all]


def resume(sensors, last):
    """Give drivers the values of their newest record."""
    for source in range(len(sensors.all)):
        sensor, values = sensors.all[source], last.get(source)
        if values and len(values) == len(sensor.channels) and hasattr(sensor.driver, "resume"):
            sensor.driver.resume(
                [None if v is None else v / 10 ** c[3] if c[3] else v for v, c in zip(values, sensor.channels)]
            )


def failed(sensor, error, log):
    """Wait longer each time, and begin anew with the driver now and then."""
    sensor.failures += 1
    sensor.state = str(error) or repr(error)
    if sensor.failures in (1, _ANEW):
        log(sensor.name, error)
    wait = min(_SLOWEST, 1 << min(6, sensor.failures - 1)) * 1000
    sensor.due = time.ticks_add(time.ticks_ms(), max(wait, min(sensor.interval, _SLOWEST * 1000)))
    if sensor.failures % _ANEW == 0:
        try:
            make(sensor)
        except (OSError, ValueError) as again:
            sensor.state = str(again)
