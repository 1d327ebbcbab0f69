"""Speaking the format of an older system, so that a new board can stand in front of an old server."""

from agent.timing import iso


def prepare(settings, serial):
    """Set the link as the format needs it; returns what makes a message of one sample: (ms, pairs) → text."""
    name = settings["format"]
    if not all(c.isalpha() or c == "_" for c in name):
        raise ValueError("no format " + name)
    form = getattr(__import__("links.formats." + name).formats, name)
    settings.setdefault("will", False)
    settings.setdefault("user", "")
    settings.setdefault("token", "")
    settings.setdefault("leaf", form.LEAF)
    if hasattr(form, "ROOT"):
        settings.setdefault("root", form.ROOT % settings.get("device_id", "1"))
    if hasattr(form, "PATH"):
        settings.setdefault("path", form.PATH)

    def message(ms, pairs):
        time = iso(ms)[:-1] + ".%03dZ" % (ms % 1000) if form.LEAF == "telemetry" else iso(ms)
        return form.message(time, dict(pairs), serial, settings) or ""

    return message
