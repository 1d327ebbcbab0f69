"""How the current logger of system 000 speaks: POST /data, mA and the time of day in its zone."""

PATH = "/data"
LEAF = "telemetry"


def message(time, values, serial, settings):
    """`time` is RFC 3339 in UTC; `utc_offset_s` of the settings makes it the time of day that the server expects."""
    if "current" not in values:
        return None
    seconds = int(time[11:13]) * 3600 + int(time[14:16]) * 60 + int(time[17:19]) + settings.get("utc_offset_s", 3600)
    seconds %= 86400
    clock = "%02d:%02d:%02d.%s" % (seconds // 3600, seconds // 60 % 60, seconds % 60, (time[20:23] or "000")[:3])
    return '{"timestamp":"%s","current":%s}' % (clock.replace("Z", "0"), _milli(values["current"]))


def _milli(text):
    """Amperes as milliamperes, exactly: the point moves."""
    sign = "-" if text[:1] == "-" else ""
    whole, _, part = text.lstrip("-").partition(".")
    part = (part + "000")[: max(3, len(part))]
    moved = (whole + part[:3]).lstrip("0") or "0"
    return sign + moved + ("." + part[3:] if part[3:] else "")
