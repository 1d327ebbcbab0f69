"""Numbers of what was removed are nobody's: what still names them must not mean something else after a restart."""

from typing import Any

from ohmstead.app import App
from ohmstead.domain.condition import Threshold
from ohmstead.domain.notification import Target
from ohmstead.domain.rule import RuleBody, Scope
from ohmstead.domain.scene import Setting


async def test_what_is_made_after_a_restart_has_no_number_of_what_was_removed(world: Any) -> None:
    app, admin, control = world.app, world.admin, world.app.control
    room = await control.outputs.rooms.add(admin, "Hall")

    async def everything(of: App, serial: str) -> list[int]:
        device, _ = await of.devices.add(admin, serial, None)
        output = await of.control.outputs.add(admin, "Lamp", room.id, device.device.id)
        scene = await of.control.scenes.put(admin, None, serial, [Setting(output.id, "on")])
        rule = await of.watching.alerting.rules.add(
            admin, RuleBody(serial, Threshold(above=1), Scope(quantity="power"))
        )
        target = await of.notifying.notifications.add(
            admin, Target(0, serial, "webhook", {"url": "http://127.0.0.1:1/"})
        )
        return [device.device.id, output.id, scene.id, rule.rule.id, target.target.id]

    first = await everything(app, "N1")
    known = app.registry.by_serial["N1"]
    await world.send(known, {0: {"power": 1.0}})
    channel = known.device.channels["power"].id
    await control.scenes.remove(admin, first[2])
    await app.watching.alerting.rules.remove(admin, first[3])
    await app.notifying.notifications.remove(admin, first[4])
    await app.devices.delete(admin, known.device.id)
    world.clock.us += app.settings.undo_s * 1_000_000 + 1
    await app.devices.purge()
    await app.gateway.close()
    await app.close()

    again = world.app = App(app.settings)
    await again.start()
    second = await everything(again, "N2")
    assert all(new > old for old, new in zip(first, second, strict=True)), (first, second)
    fresh = again.registry.by_serial["N2"]
    await world.send(fresh, {0: {"power": 1.0}})
    assert fresh.device.channels["power"].id > channel
