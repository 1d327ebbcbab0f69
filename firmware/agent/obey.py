"""What the server wants: a desired state, commands, releases. Loads what each of them needs."""

import asyncio
import json

from agent.late import late


def message(agent, leaf, payload):
    content = json.loads(payload)
    if leaf == "time":
        trusted = content.get("trusted", True) or not agent.clock.is_set
        if agent.clock.tell(content["now"], trusted):
            agent.log("clock", "set by the server")
    elif leaf == "desired":
        need_shadow(agent)
        agent.shadow.desired(content)
    elif leaf == "commands":
        need_shadow(agent)
        if not agent.commands:
            from agent.commands import Commands

            names = late("agent.doing").names(agent)
            agent.commands = Commands(names, agent.shadow, agent.uplink, agent.clock, agent.log)
            agent.duties.append(agent.commands.work)
        agent.commands.take(content)


def need_shadow(agent):
    if not agent.shadow:
        from agent.shadow import Shadow

        agent.shadow = Shadow(agent.outputs, agent.config["outputs"], agent.uplink, agent.log, agent.clock)
        agent.shadow.agent = agent
        agent.duties.append(agent.shadow.work)


def released(agent, wanted):
    need_update(agent)
    agent.update.offer(wanted)


def need_update(agent):
    """Loaded when a release is offered, or is on trial."""
    if not agent.update:
        need_shadow(agent)
        try:
            from agent.image import updater
        except ImportError:
            from agent.update import updater
        agent.update = updater(agent)


async def restart(agent):
    """The answer to whoever wanted it is under way."""
    import machine

    await asyncio.sleep_ms(1500)
    flush = getattr(agent.outbox.region, "flush", None)
    if flush:
        flush()
    machine.reset()
