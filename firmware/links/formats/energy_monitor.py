"""How the monitor of system 001 speaks: POST /api/data with current, power and kWh."""

PATH = "/api/data"
LEAF = "telemetry"
_NAMES = (("current", "current"), ("power", "power"), ("voltage", "voltage"))


def message(time, values, serial, settings):
    parts = ['"%s":%s' % (name, values[key]) for key, name in _NAMES if key in values]
    if "energy" in values:
        whole = int(float(values["energy"]))
        parts.append('"kWh":%d.%03d' % (whole // 1000, whole % 1000))
    if not parts:
        return None
    return '{"device_id":"%s",%s,"timestamp":"%s"}' % (serial, ",".join(parts), time)
