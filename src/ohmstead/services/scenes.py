"""Scenes: several outputs set by one touch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ohmstead.database import Database
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.output import check_timer
from ohmstead.domain.scene import Scene, Setting
from ohmstead.services.audit import Audit
from ohmstead.services.outputs import Outputs
from ohmstead.services.rooms import clean_name
from ohmstead.storage import retired
from ohmstead.storage import scenes as store

MOST_SCENES: Final = 500
MOST_SETTINGS: Final = 100


class Scenes:
    """Everything is in memory; each change is written through before it is answered."""

    def __init__(self, database: Database, outputs: Outputs, audit: Audit) -> None:
        self._database = database
        self._outputs = outputs
        self._audit = audit
        self._scenes: dict[int, Scene] = {}
        self._newest = 0

    async def load(self) -> None:
        self._scenes = {scene.id: scene for scene in await self._database.read(store.load)}
        gone = await self._database.read(lambda c: retired.newest(c, "scene"))
        self._newest = max([gone, *self._scenes])

    def visible(self, who: Principal) -> list[Scene]:
        """Scenes with the settings whose outputs `who` may see; none without any."""
        who.require(Permission.DEVICES_READ)
        seen = {view.output.id for view in self._outputs.visible(who)}
        shown = [replace(s, settings=tuple(x for x in s.settings if x.output in seen)) for s in self._scenes.values()]
        return [scene for scene in shown if scene.settings or who.only_devices is None]

    def get(self, scene_id: int) -> Scene:
        try:
            return self._scenes[scene_id]
        except KeyError:
            raise NotFound("there is no such scene") from None

    async def put(self, who: Principal, scene_id: int | None, name: str, settings: Sequence[Setting]) -> Scene:
        """A new scene (None), or another content of one. Raises NotFound, Forbidden, Conflict, InvalidInput."""
        who.require(Permission.ROOMS_EDIT)
        if scene_id is not None:
            self.get(scene_id)
        name = clean_name(name, "a scene")
        if any(s.id != scene_id and s.name.casefold() == name.casefold() for s in self._scenes.values()):
            raise Conflict("there is a scene of that name")
        if not 0 < len(settings) <= MOST_SETTINGS or len({s.output for s in settings}) < len(settings):
            raise InvalidInput(f"a scene sets 1–{MOST_SETTINGS} outputs, each once")
        if len(self._scenes) >= MOST_SCENES:
            raise Conflict(f"at most {MOST_SCENES} scenes")
        checked = tuple(self.check(who, setting) for setting in settings)
        if scene_id is None:
            self._newest += 1
        scene = Scene(self._newest if scene_id is None else scene_id, name, checked)
        await self._database.write(lambda c: store.put(c, scene))
        self._scenes[scene.id] = scene
        await self._audit.record(who.name, "scene.change", scene.name)
        return scene

    def check(self, who: Principal, setting: Setting) -> Setting:
        """Raises NotFound for an output that is not there, InvalidInput for a state it does not know."""
        check_timer(setting.for_s)
        return replace(setting, state=self._outputs.check(self._outputs.get(who, setting.output), setting.state))

    async def remove(self, who: Principal, scene_id: int) -> None:
        who.require(Permission.ROOMS_EDIT)
        scene = self.get(scene_id)
        await self._database.write(lambda c: store.delete(c, scene_id))
        del self._scenes[scene_id]
        await self._audit.record(who.name, "scene.remove", scene.name)

    async def run(self, who: Principal, scene_id: int, reason: str = "") -> int:
        """Set every output; how many of them are (still) there."""
        who.require(Permission.CONTROL)
        scene = self.get(scene_id)
        done = await self.apply(scene.settings, author=who.name, reason=reason or f"scene {scene.name}")
        await self._audit.record(who.name, "scene.run", scene.name, reason)
        return done

    async def apply(self, settings: Sequence[Setting], *, author: str, reason: str) -> int:
        """Desire these states in their order, for whoever may; outputs that are gone are left out."""
        done = 0
        for setting in settings:
            output = self._outputs.known(setting.output)
            if output is not None:
                timer = check_timer(setting.for_s)
                await self._outputs.set(output, setting.state, author=author, reason=reason, timer_us=timer)
                done += 1
        return done
