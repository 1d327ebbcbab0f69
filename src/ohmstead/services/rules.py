"""What people do with rules: look, make, change, remove."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from ohmstead.database import Database
from ohmstead.domain import rule_text
from ohmstead.domain.access import Permission, Principal
from ohmstead.domain.condition import Combined
from ohmstead.domain.device import Channel
from ohmstead.domain.errors import Conflict, InvalidInput, NotFound
from ohmstead.domain.rule import BUILTIN, Rule, RuleAction, RuleBody, RuleChanged, named_channels, watches
from ohmstead.domain.rule_text import Names
from ohmstead.runtime.bus import Bus
from ohmstead.runtime.clock import Clock
from ohmstead.services.audit import Audit
from ohmstead.services.devices import Devices
from ohmstead.services.notifications import Notifications
from ohmstead.services.outputs import Outputs
from ohmstead.services.registry import Registry
from ohmstead.services.rooms import clean_name
from ohmstead.services.scenes import Scenes
from ohmstead.storage import retired
from ohmstead.storage import rules as store

MOST_RULES: Final = 5_000
THE_SERVER: Final = "ohmstead"
T = TypeVar("T")
GONE: Final = "its channel is gone"


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A rule with what there is to say about it. `trouble`: why it is not evaluated though it is enabled."""

    rule: Rule
    sentence: str
    trouble: str | None
    channels: int
    open_alerts: int


class Rules:
    """Everything is in memory; each change is written through before it is answered."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        devices: Devices,
        outputs: Outputs,
        scenes: Scenes,
        notifications: Notifications,
        audit: Audit,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._registry = registry
        self._devices = devices
        self._outputs = outputs
        self._scenes = scenes
        self._notifications = notifications
        self._audit = audit
        self._bus = bus
        self._clock = clock
        self._rules: dict[int, Rule] = {}
        self._newest = 0
        self.names = Names(self._device, self._channel, self._output, self._scene, self._target)
        # Filled in by whoever evaluates: how many channels a rule watches, how many of its alerts are open, and a
        # hook that brings the evaluation up to date before a rule changes.
        self.watched: Callable[[int], int] = lambda rule_id: 0
        self.open_alerts: Callable[[int], int] = lambda rule_id: 0
        self.before_change: Callable[[], Awaitable[None]] | None = None

    async def load(self) -> None:
        self._rules = {one.id: one for one in await self._database.read(store.load)}
        gone = await self._database.read(lambda c: retired.newest(c, "rule"))
        self._newest = max([gone, *self._rules])
        there = {one.builtin for one in self._rules.values()}
        for name, body in BUILTIN.items():
            if name not in there:
                self._newest += 1
                await self._keep(Rule(self._newest, body, THE_SERVER, self._clock.now(), name))

    # Looking

    def __iter__(self) -> Iterator[Rule]:
        return iter(list(self._rules.values()))

    def known(self, rule_id: int) -> Rule | None:
        return self._rules.get(rule_id)

    def visible(self, who: Principal) -> list[RuleSeen]:
        """Rules of devices that `who` may see; those that are about all devices as well."""
        who.require(Permission.DEVICES_READ)
        return [self._seen(rule) for rule in self._rules.values() if self._sees(who, rule.body)]

    def get(self, who: Principal, rule_id: int) -> RuleSeen:
        who.require(Permission.DEVICES_READ)
        return self._seen(self._get(who, rule_id))

    def sentence(self, body: RuleBody) -> str:
        return rule_text.sentence(body, self.names)

    def trouble(self, body: RuleBody) -> str | None:
        """Why the rule cannot be evaluated; None if it can."""
        channels = [self._channel(one) for one in named_channels(body)]
        if None in channels:
            return GONE
        if body.scope is not None and body.scope.device is not None and not self._is_there(body.scope.device):
            return "its device is gone"
        return None

    def _get(self, who: Principal, rule_id: int) -> Rule:
        rule = self._rules.get(rule_id)
        if rule is None or not self._sees(who, rule.body):
            raise NotFound("there is no such rule")
        return rule

    def _seen(self, rule: Rule) -> RuleSeen:
        text, trouble = self.sentence(rule.body), self.trouble(rule.body)
        return RuleSeen(rule, text, trouble, self.watched(rule.id), self.open_alerts(rule.id))

    def _sees(self, who: Principal, body: RuleBody) -> bool:
        if who.only_devices is None and who.device is None:
            return True
        channels = [self._channel(one) for one in named_channels(body)]
        devices = {one.device for one in channels if one is not None}
        if body.scope is not None and body.scope.device is not None:
            devices.add(body.scope.device)
        if body.scope is not None and body.scope.devices is not None:
            devices |= body.scope.devices
        if None in channels:
            return False
        return all(self._is_there(one) and who.may_see(one) for one in devices)

    # Changing

    async def add(self, who: Principal, body: RuleBody) -> RuleSeen:
        """Raises Forbidden, InvalidInput that names the field, Conflict."""
        who.require(Permission.RULES_EDIT)
        body = self.checked(who, body)
        if len(self._rules) >= MOST_RULES:
            raise Conflict(f"at most {MOST_RULES} rules")
        self._newest += 1
        rule = Rule(self._newest, body, who.name, self._clock.now())
        await self._keep(rule)
        await self._audit.record(who.name, "rule.add", body.name, self.sentence(body))
        return self._seen(rule)

    async def change(self, who: Principal, rule_id: int, change: Callable[[RuleBody], RuleBody]) -> RuleSeen:
        """Its detectors start anew. Raises NotFound, Forbidden, InvalidInput."""
        rule = self._get(who, rule_id)
        who.require(Permission.RULES_EDIT)
        body = self.checked(who, change(rule.body), old=rule.body)
        rule = Rule(rule.id, body, who.name, self._clock.now(), rule.builtin)
        await self._keep(rule)
        await self._audit.record(who.name, "rule.change", body.name, self.sentence(body))
        return self._seen(rule)

    async def remove(self, who: Principal, rule_id: int) -> None:
        """A rule that is there from the start becomes again what it was."""
        rule = self._get(who, rule_id)
        who.require(Permission.RULES_EDIT)
        if rule.builtin is not None:
            await self._keep(Rule(rule.id, BUILTIN[rule.builtin], THE_SERVER, self._clock.now(), rule.builtin))
        else:
            await self._ready()
            await self._database.write(lambda c: store.delete(c, rule_id))
            self._rules.pop(rule_id, None)
            self._bus.publish(RuleChanged(rule_id, gone=True))
        await self._audit.record(who.name, "rule.remove", rule.body.name)

    async def _keep(self, rule: Rule) -> None:
        await self._ready()
        old = self._rules.get(rule.id)
        same = old is not None and (old.body.condition, old.body.scope) == (rule.body.condition, rule.body.scope)
        anew = not same or not rule.body.enabled
        await self._database.write(lambda c: store.put(c, rule, anew=anew))
        self._rules[rule.id] = rule
        self._bus.publish(RuleChanged(rule.id))

    async def _ready(self) -> None:
        if self.before_change is not None:
            await self.before_change()

    def checked(self, who: Principal, body: RuleBody, old: RuleBody | None = None) -> RuleBody:
        """The body with cleaned names and states. What was there before may be gone. Raises InvalidInput, Forbidden."""
        held = set() if old is None else set(named_channels(old))
        for channel_id in named_channels(body):
            if channel_id not in held:
                self._check_channel(who, body, channel_id)
        if body.scope is not None and (old is None or old.scope != body.scope):
            for device_id in ([] if body.scope.device is None else [body.scope.device]) + sorted(
                body.scope.devices or ()
            ):
                _there("scope", partial(self._devices.get, who, device_id))
        known = set(self._notifications.names())
        for where, ids in (
            ("targets", body.targets),
            ("escalation/targets", body.escalation and body.escalation.targets),
        ):
            if ids and (missing := [one for one in ids if one not in known]):
                raise InvalidInput(f"{where}: there is no notification target {missing[0]}")
        actions = tuple(
            action if old is not None and action in old.actions else self._checked_action(who, n, action, known)
            for n, action in enumerate(body.actions)
        )
        return replace(body, name=clean_name(body.name, "a rule"), actions=actions)

    def _check_channel(self, who: Principal, body: RuleBody, channel_id: int) -> None:
        where = "condition/parts" if isinstance(body.condition, Combined) else "scope/channel_id"
        channel = _there(where, partial(self._devices.channel, who, channel_id))
        if body.scope is not None and not watches(body.condition, channel, body.scope):
            raise InvalidInput(f"condition/kind: {body.condition.kind} makes no sense for {channel.key}")

    def _checked_action(self, who: Principal, n: int, action: RuleAction, known: set[int]) -> RuleAction:
        where = f"actions/{n}"
        if action.output is not None and action.state is not None:
            who.require(Permission.CONTROL)
            output = _there(f"{where}/output_id", partial(self._outputs.get, who, action.output))
            try:
                return replace(action, state=self._outputs.check(output, action.state))
            except InvalidInput as error:
                raise InvalidInput(f"{where}/{error}") from error
        if action.scene is not None:
            who.require(Permission.CONTROL)
            _there(f"{where}/scene_id", partial(self._scenes.get, action.scene))
        if action.target is not None and action.target not in known:
            raise InvalidInput(f"{where}/webhook_id: there is no notification target {action.target}")
        return action

    # What things are called

    def _is_there(self, device_id: int) -> bool:
        try:
            self._registry.get(device_id)
        except NotFound:
            return False
        return True

    def _device(self, device_id: int) -> str:
        try:
            return self._registry.get(device_id).device.name
        except NotFound:
            return "a device that is gone"

    def _channel(self, channel_id: int) -> Channel | None:
        try:
            return self._registry.channel(channel_id)
        except NotFound:
            return None

    def _output(self, output_id: int) -> str:
        output = self._outputs.known(output_id)
        return "an output that is gone" if output is None else output.name

    def _scene(self, scene_id: int) -> str:
        try:
            return self._scenes.get(scene_id).name
        except NotFound:
            return "that is gone"

    def _target(self, target_id: int) -> str:
        return self._notifications.names().get(target_id, "somebody who is gone")


def _there(where: str, look: Callable[[], T]) -> T:
    """What is looked for. Raises InvalidInput that names the field when it is not there."""
    try:
        return look()
    except NotFound as error:
        raise InvalidInput(f"{where}: {error}") from error
