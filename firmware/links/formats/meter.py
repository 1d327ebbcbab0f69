"""How a PZEM meter of system 003 speaks: one reading per message, on `meter/<device_id>/`."""

ROOT = "meter/%s/"
LEAF = "data"
_KEYS = ("voltage", "current", "power", "energy")


def message(time, values, serial, settings):
    """`values`: key → text of the number; `time`: RFC 3339. None: nothing that this format knows."""
    parts = []
    for key in _KEYS:
        if key in values:
            text = values[key]
            parts.append('"%s":%s' % (key, _kilo(text) if key == "energy" else text))
    if not parts:
        return None
    return '{"serial_number":"%s","device_id":"%s",%s,"timestamp":"%s"}' % (
        serial,
        settings.get("device_id", "1"),
        ",".join(parts),
        time,
    )


def _kilo(text):
    """Watt hours as kilowatt hours, without the noise of a division."""
    whole = int(float(text))
    return "%d.%03d" % (whole // 1000, whole % 1000)
