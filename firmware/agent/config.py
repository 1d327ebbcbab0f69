"""Configuration: what a device is. Checked when it is loaded or changed, and then forgotten by the memory."""

from agent.late import late

PATH = "device.json"

# name -> default, of the kind that it must have. Unknown names are kept and ignored, so that an older application
# reads a newer file.
SCHEMA = {
    "serial": "",
    "board": "",
    "name": "",
    "password": "",  # of the access point and the pages; empty: made at the first start
    "wifi": [],  # [{"ssid", "password"}]
    "ap_name": "",  # empty: Ohmstead-XXXX
    "server": {},  # link, host, port, token, tls, ...
    "local_server": {},  # the same for a server on this network; found by mDNS when "host" is "auto"
    "ntp": "",
    "buses": {},
    "drivers": [],
    "outputs": {},  # key -> {"boot", "lost_link", "lost_link_s"}
    "limits": [],  # [{"key", "limit_w", "margin_w", "over_s", "under_s", "shed": [output keys]}]
    "rooms": {},  # "room/light" -> output key, for /control_led
    "outbox_sectors": 64,  # of a file, where there is no region of its own
    "recording_samples": 4000,  # what the memory holds while nobody takes it
    "http_port": 80,
    "led": -1,
    "button": -1,
    "watchdog_s": 0,
    "pages": False,
    "display": {},  # type: ssd1306 | ili9342c, bus; address; or cs, dc, backlight, axp192: the bus of that chip
}


class ConfigError(ValueError):
    pass


def check(content):
    """Return the configuration with all defaults, or raise ConfigError with everything that is wrong."""
    if not isinstance(content, dict):
        raise ConfigError("not an object")
    wrong = []
    checked = dict(content)
    for name in SCHEMA:
        default = SCHEMA[name]
        if type(checked.setdefault(name, default)) is not type(default):
            wrong.append(name)
            checked[name] = default
    if not _is_name(checked["serial"], "._:-"):
        wrong.append("serial")
    for entry in checked["drivers"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("driver"), str):
            wrong.append("drivers")
        elif not _is_name(entry["driver"], "_"):
            wrong.append(entry["driver"])
        elif entry.get("bus") and entry["bus"] not in checked["buses"]:
            wrong.append("bus " + str(entry["bus"]))
    if len(checked["drivers"]) > 15:
        wrong.append("drivers: at most 15")
    for name in ("server", "local_server"):
        port = checked[name].get("port", 1)
        if not isinstance(port, int) or not 0 < port < 65536:
            wrong.append("port")
    if wrong:
        raise ConfigError(", ".join(wrong))
    return checked


def _is_name(text, more):
    return len(text) <= 64 and all(c.isalpha() or c.isdigit() or c in more for c in text)


def load(path=PATH):
    """The configuration and what is wrong with it. A device without a usable one still starts: its portal opens."""
    wrong = ""
    files = late("agent.files")
    for name in (path, path + ".old"):
        content = files.load(name)
        try:
            if content is not None:
                return check(content), wrong
        except ConfigError as error:
            wrong = "wrong configuration: %s" % error
    return check({}), wrong or "no configuration"


def save(content, path=PATH):
    """Check and keep. Raises ConfigError."""
    check(content)
    late("agent.files").save(path, content)
