"""System 004: asks each device whether it is there, and tells it which lights are on.

Every device has a task of its own, so that one that is dead delays nobody; what one device is asked, it is asked
one thing at a time, because its little server can do no more.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable
from typing import Final, Protocol
from urllib.parse import quote, urlencode

import structlog

from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.device import DeviceChanged
from ohmstead.domain.errors import Forbidden, InvalidInput, NotFound, Unavailable
from ohmstead.domain.output import Output, is_on
from ohmstead.domain.shadow import DesiredChanged
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.runtime.http_client import Answer, NoAnswer, get
from ohmstead.services.audit import Audit
from ohmstead.services.homes import Homes
from ohmstead.services.outputs import Outputs
from ohmstead.services.registry import Known, Registry
from ohmstead.services.shadows import Shadows

log = structlog.get_logger(__name__)

MISSES: Final = 2  # rounds without an answer before a device counts as offline
AT_ONCE: Final = 256  # connections, whatever the number of devices
VARIABLES: Final = frozenset({"ssid", "password", "djangoUserName"})
LONGEST_VALUE: Final = 256
EVERY_S: Final = 5.0
TIMEOUT_S: Final = 5.0


class Ask(Protocol):
    def __call__(self, address: str, port: int, target: str, *, timeout_s: float) -> Awaitable[Answer]: ...


class _Talk:
    """What is remembered of the conversation with one device."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.wanted = asyncio.Event()  # something is to be switched
        self.greeted = False
        self.misses = 0
        self.answers: dict[int, str] = {}  # output -> what the device said to its last switch
        self.late_s = 0.0  # how far behind its rhythm the last round began


class HomeControl:
    def __init__(
        self,
        homes: Homes,
        outputs: Outputs,
        shadows: Shadows,
        registry: Registry,
        audit: Audit,
        bus: Bus,
        clock: Clock,
        interval_s: float = EVERY_S,
        timeout_s: float = TIMEOUT_S,
        ask: Ask = get,
    ) -> None:
        self._homes = homes
        self._outputs = outputs
        self._shadows = shadows
        self._registry = registry
        self._audit = audit
        self._bus = bus
        self._clock = clock
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._ask = ask
        self._talks: dict[int, _Talk] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._changed = asyncio.Event()
        bus.subscribe(DeviceChanged, lambda _: self._changed.set())
        bus.subscribe(DesiredChanged, self._desired_changed)

    # The tasks

    async def run(self) -> None:
        """Until cancelled."""
        self._tasks.clear()  # those of an earlier run ended with it
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._changed.clear()
                wanted = {known.device.id for known in self._homes.all()}
                for device in [d for d in self._tasks if d not in wanted]:
                    self._tasks.pop(device).cancel()
                    self._talks.pop(device, None)
                for device in wanted - self._tasks.keys():
                    self._tasks[device] = tasks.create_task(self._watch(device), name=f"home control {device}")
                await self._changed.wait()

    async def _watch(self, device: int) -> None:
        loop, talk = asyncio.get_running_loop(), self._talk(device)
        due = loop.time()
        while True:
            talk.late_s = loop.time() - due
            await self._safely(device, self._round(device, talk))
            due = max(due + self._interval_s, loop.time())
            while (left := due - loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(talk.wanted.wait(), left)
                    await self._safely(device, self._settle(device, talk))

    async def _safely(self, device: int, work: Awaitable[None]) -> None:
        """What goes wrong with one device ends nothing but this try."""
        try:
            await work
        except Exception:
            log.exception("home control failed", device=device)

    async def _round(self, device: int, talk: _Talk) -> None:
        async with talk.turn:
            attempts = await self._probe(device, talk)
        if attempts:
            known = self._heard(device)
            if known is not None and (attempts > 1 or talk.misses >= MISSES):
                self._forget_reports(known)
            talk.misses = 0
            await self._settle(device, talk)
            return
        talk.misses += 1
        if talk.misses >= MISSES:
            talk.greeted = False
            self._lost(device)

    def _forget_reports(self, known: Known) -> None:
        """It may have started anew, and then its screen shows no light any more: they are told again."""
        device = known.device.id
        fields = {output.field: None for output in self._outputs.of_device(device)}
        self._shadows.connected(device)
        self._shadows.report(known, self._shadows.of(device).version, fields)

    async def _probe(self, device: int, talk: _Talk) -> int:
        """Ask whether it is there; how often it was asked until it answered, 0 if it did not.

        A device that does not know us leaves one question unanswered.
        """
        if not talk.greeted:
            with contextlib.suppress(NoAnswer):
                await self._get(device, "/")
        target = f"/?check_interval={max(1, round(self._interval_s))}"
        for attempt in (1, 2):
            with contextlib.suppress(NoAnswer):
                talk.greeted = (await self._get(device, target)).status == 200
                if talk.greeted:
                    return attempt
        return 0

    async def _get(self, device: int, target: str) -> Answer:
        address = self._homes.of(device)
        ip = None if address is None else await self._homes.resolve(address)
        if address is None or ip is None:
            raise NoAnswer("its address is not on an allowed network")
        async with self._room:
            return await self._ask(ip, address.port, target, timeout_s=self._timeout_s)

    # Lights

    async def drive(self, output: Output) -> str:
        """Bring the light to its desired state now; what the device said, or why it said nothing."""
        talk = self._talk(output.device)
        async with talk.turn:
            if not self._shadows.of(output.device).settled(output.field):
                await self._switch(output, talk)
        return talk.answers.get(output.id, "")

    async def _settle(self, device: int, talk: _Talk) -> None:
        talk.wanted.clear()
        for output in self._outputs.of_device(device):
            async with talk.turn:
                if output.field in self._shadows.of(device).delta() and not await self._switch(output, talk):
                    return  # the next round will tell whether it is there at all

    async def _switch(self, output: Output, talk: _Talk) -> bool:
        shadow = self._shadows.of(output.device)
        state = "on" if is_on(shadow.desired[output.field].value) else "off"
        room = self._outputs.rooms.get(output.room_id).name
        query = urlencode({"room": room, "light": output.key, "action": state}, quote_via=quote)
        try:
            answer = await self._get(output.device, f"/control_led?{query}")
        except NoAnswer as error:
            talk.answers[output.id] = str(error)
            return False
        talk.answers[output.id] = answer.text
        if answer.status != 200:
            return False
        known = self._heard(output.device)
        if known is not None:
            self._shadows.report(known, shadow.version, {output.field: state})
        return True

    # For whoever sends it something long

    def turn(self, device: int) -> asyncio.Lock:
        """Whoever holds it is the only one who talks with the device."""
        return self._talk(device).turn

    async def answers(self, device: int) -> bool:
        """Ask now whether it is there; the caller does not hold its turn."""
        talk = self._talk(device)
        async with talk.turn:
            talk.greeted = False  # it may have started anew
            there = await self._probe(device, talk) > 0
        if there:
            self._heard(device)
        return there

    # Its own settings, which hold passwords

    async def variable(self, who: Principal, device_id: int, name: str, value: str | None = None) -> str:
        """Read, or set, a variable of the device. Raises NotFound, Forbidden, InvalidInput, Unavailable.

        The value is in no log, no audit entry and no error.
        """
        self._homes.require_sight(who, device_id)
        if not who.may(Permission.DEVICES_SECRETS):
            raise Forbidden("this needs an admin")
        known = self._homes.known(who, device_id)
        if name not in VARIABLES or (value is not None and len(value) > LONGEST_VALUE):
            raise InvalidInput(
                f"a variable is one of {', '.join(sorted(VARIABLES))}, of at most {LONGEST_VALUE} letters"
            )
        fields = {"action": "get" if value is None else "set", "var_name": name}
        if value is not None:
            fields["value"] = value
        await self._audit.record(who.name, f"device.variable-{fields['action']}", known.device.serial, name)
        async with self._talk(device_id).turn:
            try:
                answer = await self._get(device_id, f"/variable?{urlencode(fields, quote_via=quote)}")
            except NoAnswer as error:
                raise Unavailable(f"the device gave no answer: {error}") from None
        if answer.status == 404:
            raise NotFound("the device does not know this variable")
        try:
            said = json.loads(answer.text)
        except ValueError:
            said = None
        if answer.status != 200 or not isinstance(said, dict):
            raise Unavailable("the device's answer makes no sense")
        return str(said.get("value", "")) if value is None else value

    # Presence

    def _talk(self, device: int) -> _Talk:
        return self._talks.setdefault(device, _Talk())

    def _heard(self, device: int) -> Known | None:
        known = self._known(device)
        if known is not None:
            before = known.presence.is_online(self._clock.now())
            known.presence.heard(self._clock.now())
            if not before:
                self._bus.publish(DeviceChanged(device))
        return known

    def _lost(self, device: int) -> None:
        known = self._known(device)
        if known is not None and not known.presence.gone:
            known.presence.gone = True
            self._bus.publish(DeviceChanged(device))

    def _known(self, device: int) -> Known | None:
        try:
            return self._registry.get(device)
        except NotFound:
            return None

    def _desired_changed(self, fact: DesiredChanged) -> None:
        if (talk := self._talks.get(fact.device)) is not None:
            talk.wanted.set()
