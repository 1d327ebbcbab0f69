"""What each page says and does. Loaded for a request, given back after it."""

import gc
import json
from binascii import a2b_base64

from agent.late import late
from agent.pages import Refuse, fields, to_json

_STYLE = "<meta name=viewport content='width=device-width'><style>body{font:16px sans-serif;margin:1em auto;max-width:40em}td{padding:.2em 1em .2em 0}input{width:100%;padding:.4em}</style>"  # noqa: E501


async def answer(agent, request):
    """(status, type, text). Raises Refuse."""
    path, method = request.path, request.method
    if method == "GET":
        if path == "/status":
            return to_json(status(agent))
        if path == "/ip":
            return to_json(_ip(agent))
        if path == "/readings":
            return to_json(agent.values)
        if path == "/config":
            _authorize(agent, request)
            return to_json(late("agent.secrets").shown(agent.config))
        if path == "/control_led":
            _authorize(agent, request)
            return _control(agent, request.query)
        if path == "/update":
            return _html(agent, "<p>POST a signed bundle here, with the password.")
        if path == "/" or (agent.portal and agent.portal.is_open):
            return _home(agent)
    elif method == "POST":
        if path in ("/config", "/reset", "/reboot", "/update"):
            _authorize(agent, request)
            if path == "/update":
                return await late("agent.upload").take(agent, request)
            form = _form(request)
            if path == "/config":
                return _configure(agent, form)
            if path == "/reset":
                return _reset(agent, form)
            agent.restarting = True
            return 200, "text/plain", "restarting"
    raise Refuse(404 if method in ("GET", "POST", "HEAD") else 405, "there is no such page")


def _authorize(agent, request):
    """By Basic, Bearer or `token` of the query. A board that was never set up is guarded by its access point alone."""
    given = request.query.get("token", "")
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        given = value
    elif scheme.lower() == "basic":
        try:
            given = a2b_base64(value).decode().partition(":")[2]
        except ValueError:
            given = ""
    if request.headers.get("origin", "").partition("://")[2] not in ("", request.headers.get("host", "")):
        raise Refuse(403, "from another site")
    if not _same(given, agent.password) and (agent.config["wifi"] or not agent.portal):
        raise Refuse(401, "the password, please")


def _same(a, b):
    """In a time that does not tell how much of it was right."""
    a, b = a.encode(), b.encode()
    differ = len(a) ^ len(b)
    for i in range(len(b)):
        differ |= b[i] ^ (a[i] if i < len(a) else 0)
    return not differ and bool(b)


def _form(request):
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            form = json.loads(request.body)
        except ValueError:
            raise Refuse(400, "no JSON") from None
        if not isinstance(form, dict):
            raise Refuse(400, "no object")
        return form
    try:
        flat = fields(request.body.decode())
    except ValueError:
        raise Refuse(400, "no text") from None
    form = {}
    for name in flat:
        if flat[name] == "":
            continue  # left empty: stays as it is
        if name in ("ssid", "wifi_password"):
            wifi = form.setdefault("wifi", [{}])[0]
            wifi["ssid" if name == "ssid" else "password"] = flat[name]
        elif name in ("host", "token", "link"):
            form.setdefault("server", {})[name] = flat[name]
        elif name == "port":
            form.setdefault("server", {})["port"] = int(flat[name]) if flat[name].isdigit() else -1
        elif name in ("serial", "name", "ntp", "password", "confirm"):
            form[name] = flat[name]
    return form


def _configure(agent, form):
    config = late("agent.config")
    form.pop("confirm", None)
    try:
        merged = late("agent.secrets").merged(agent.config, form)
        config.save(merged)
    except ValueError as error:
        raise Refuse(422, str(error)) from None
    agent.log("pages", "configured; restarting")
    agent.restarting = True
    return 200, "text/plain", "kept; restarting"


def _reset(agent, form):
    if form.get("confirm") != "yes":
        raise Refuse(422, "confirm=yes")
    factory_reset(agent)
    return 200, "text/plain", "as new; restarting"


def factory_reset(agent):
    for name in ("device.json", "state.json"):
        for end in ("", ".old", ".new"):
            late("agent.files").remove(name + end)
    agent.log("agent", "factory reset")
    agent.restarting = True


def _control(agent, query):
    """`room`, `light`, `action`: as system 004 asks, with a token beside."""
    key = agent.config["rooms"].get(query.get("room", "") + "/" + query.get("light", ""), query.get("light", ""))
    if query.get("action") not in ("on", "off") or key not in agent.outputs:
        raise Refuse(404, "no such light")
    agent.rules.set(key, query["action"], None, "page")
    return 200, "application/json", ' {"status":"success"} '


def status(agent):
    sensors = {sensor.name: sensor.state for sensor in agent.sensors.all}
    sensors.update(agent.sensors.broken)
    return {
        "serial": agent.serial,
        "firmware": agent.version,
        "board": agent.config["board"],
        "uplink": agent.uplink.up,
        "wifi": agent.wifi.joined() if agent.wifi else None,
        "clock": agent.clock.is_set,
        "sensors": sensors,
        "pending": agent.outbox.pending,
        "lost": agent.outbox.lost + agent.sensors.dropped,
        "outputs": {key: agent.outputs[key].get(key) for key in agent.outputs},
        "memory": gc.mem_free(),
        "log": agent.log.lines[-8:],
    }


def _ip(agent):
    if not agent.wifi:
        return {}
    address, mask, gateway, dns = agent.wifi.wlan.ifconfig()
    return {"ip": address, "mask": mask, "gateway": gateway, "dns": dns}


def escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("'", "&#39;")


def _html(agent, body):
    title = escape(agent.config["name"] or agent.serial)
    return 200, "text/html", "<!doctype html><title>%s</title>%s<h1>%s</h1>%s" % (title, _STYLE, title, body)


def _home(agent):
    rows = ["<tr><td>%s<td>%s" % (escape(key), escape(agent.values[key])) for key in sorted(agent.values)]
    state = status(agent)
    for name in ("firmware", "uplink", "clock", "pending", "lost"):
        rows.append("<tr><td>%s<td>%s" % (name, escape(state[name])))
    for name in state["sensors"]:
        rows.append("<tr><td>%s<td>%s" % (escape(name), escape(state["sensors"][name])))
    form = "".join(
        "<label>%s<input name=%s type=%s></label>" % (label, name, "password" if "assword" in label else "text")
        for name, label in (
            ("ssid", "Network"),
            ("wifi_password", "Its password"),
            ("host", "Server"),
            ("port", "Port"),
            ("token", "Token (as a password)"),
        )
    )
    form = "<form method=post action=/config>%s<p><button>Keep and restart</button></form>" % form
    return _html(agent, "<table>%s</table><h2>Set up</h2>%s" % ("".join(rows), form))
