"""Parts beside measuring and telling, where the configuration asks for them: pages, portal, clock, button."""

import os


def add(agent):
    config = agent.config
    # A certificate cannot be checked without the time, and the server cannot tell it before that.
    ntp = config["ntp"] or ("pool.ntp.org" if config["server"].get("tls") else "")
    if ntp:
        from agent.ntp import Ntp

        agent.parts.append(Ntp(ntp, agent.clock, agent.uplink.is_joined, agent.log))
    if config["pages"] or (agent.wifi and not config["wifi"]):
        from agent.pages import Pages

        agent.password = config["password"] or _password(agent)
        agent.parts.append(Pages(agent))
        if agent.wifi:
            from agent.portal import Portal

            agent.portal = Portal(agent)
            agent.parts.append(agent.portal)
    if config["local_server"]:
        from agent.places import Places

        agent.parts.append(Places(agent))
    if config["led"] >= 0:
        from agent.led import Led

        agent.parts.append(Led(agent, config["led"]))
    if config["display"]:
        from agent.display import Display

        agent.parts.append(Display(agent, config["display"]))
    if config["button"] >= 0:
        from agent.button import Button

        agent.parts.append(Button(agent, config["button"]))


def _password(agent):
    """Made at the first start, told on the serial port only."""
    try:
        with open("password.txt") as file:
            password = file.read().strip()
    except OSError:
        password = "".join("abcdefghjkmnpqrstuvwxyz23456789"[b % 31] for b in os.urandom(10))
        with open("password.txt", "w") as file:
            file.write(password)
    print("password of this board:", password)
    return password
