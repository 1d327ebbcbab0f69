"""Who hears what: sessions, subscriptions, shared groups, retained messages. No sockets."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from time import monotonic
from typing import NamedTuple

from ohmstead.mqtt.codes import Reason
from ohmstead.mqtt.counters import Counters
from ohmstead.mqtt.limits import Limits
from ohmstead.mqtt.message import Message
from ohmstead.mqtt.packets import Subscription
from ohmstead.mqtt.session import Interest, Session
from ohmstead.mqtt.topics import InvalidTopic, TopicTree, check_filter, matches, split_share

# Topics whose subscribers are remembered; a bound only, so that random topics cannot fill the memory.
REMEMBERED_TOPICS = 10_000


class Group:
    """A shared subscription: each message goes to one of its members, in turn."""

    __slots__ = ("_turn", "members")

    def __init__(self) -> None:
        self.members: dict[Session, Interest] = {}
        self._turn = 0

    def choose(self) -> tuple[Session, Interest]:
        """The next member; one that is connected where there is one."""
        members = [pair for pair in self.members.items() if pair[0].link is not None]
        members = members or list(self.members.items())
        self._turn = (self._turn + 1) % len(members)
        return members[self._turn]


class Target(NamedTuple):
    session: Session
    qos: int
    no_local: bool
    retain_as_published: bool
    identifiers: tuple[int, ...]


class Broker:
    """`clock` gives monotonic seconds. Not for threads: everything happens in the event loop."""

    def __init__(
        self, limits: Limits, counters: Counters | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self.limits = limits
        self.counters = counters if counters is not None else Counters()
        self.clock = clock
        self.sessions: dict[tuple[str, str], Session] = {}
        self.retained: dict[str, Message] = {}
        self.subscriptions: TopicTree[Session | Group, Interest] = TopicTree()
        self._groups: dict[tuple[str, str], Group] = {}
        self._offline: OrderedDict[tuple[str, str], Session] = OrderedDict()
        self._remembered: dict[str, tuple[tuple[Target, ...], tuple[Group, ...]]] = {}

    # sessions

    def open(self, key: tuple[str, str], clean: bool, expiry_s: float) -> tuple[Session, bool]:
        """The session of `key` = (owner, client id), and whether it was there before. `clean` starts anew."""
        session = self.sessions.get(key)
        if session is not None and (clean or self._is_over(session)):
            self.end(session)
            session = None
        present = session is not None
        if session is None:
            session = self.sessions[key] = Session(key, self.limits, self.counters, self.clock)
        self._offline.pop(key, None)
        session.expiry_s = min(expiry_s, self.limits.offline_session_s)
        return session, present

    def release(self, session: Session) -> None:
        """The connection of `session` is gone: end it, or keep it for as long as its client asked."""
        session.detach()
        if session.expiry_s <= 0:
            self.end(session)
            return
        session.expires_at = self.clock() + session.expiry_s
        self._offline[session.key] = session
        if len(self._offline) > self.limits.offline_sessions:
            self.counters.sessions_evicted += 1
            self.end(next(iter(self._offline.values())))

    def end(self, session: Session) -> None:
        for topic_filter in list(session.subscriptions or ()):
            self.unsubscribe(session, topic_filter)
        self._offline.pop(session.key, None)
        if self.sessions.get(session.key) is session:
            del self.sessions[session.key]

    def expire(self) -> None:
        """End the sessions whose time away is over."""
        for session in [one for one in self._offline.values() if self._is_over(one)]:
            self.end(session)

    def _is_over(self, session: Session) -> bool:
        return session.expires_at is not None and session.expires_at <= self.clock()

    # subscriptions

    def subscribe(self, session: Session, wanted: Subscription, identifier: int | None) -> tuple[Reason, list[Message]]:
        """What SUBACK says, and the retained messages to send after it. Permission is the caller's business."""
        try:
            group_name, inner = split_share(wanted.topic_filter)
            check_filter(inner, self.limits)
        except InvalidTopic:
            return Reason.TOPIC_FILTER_INVALID, []
        held = session.subscriptions
        if held is None:
            held = session.subscriptions = {}
        existed = wanted.topic_filter in held
        if not existed and len(held) >= self.limits.subscriptions:
            return Reason.QUOTA_EXCEEDED, []
        interest = Interest(wanted.qos, wanted.no_local, wanted.retain_as_published, identifier)
        held[wanted.topic_filter] = interest
        self._remembered.clear()
        if group_name is not None:
            group = self._groups.setdefault((group_name, inner), Group())
            group.members[session] = interest
            self.subscriptions.add(inner, group, interest)
            return Reason(wanted.qos), []
        self.subscriptions.add(inner, session, interest)
        if wanted.retain_handling == 2 or (wanted.retain_handling == 1 and existed):
            return Reason(wanted.qos), []
        return Reason(wanted.qos), list(self.retained_for(inner))

    def unsubscribe(self, session: Session, topic_filter: str) -> bool:
        """False if there was no such subscription."""
        held = session.subscriptions
        if held is None or topic_filter not in held:
            return False
        del held[topic_filter]
        self._remembered.clear()
        group_name, inner = split_share(topic_filter)
        if group_name is None:
            self.subscriptions.remove(inner, session)
            return True
        group = self._groups[group_name, inner]
        del group.members[session]
        if not group.members:
            self.subscriptions.remove(inner, group)
            del self._groups[group_name, inner]
        return True

    # messages

    def route(self, message: Message, retain: bool = False) -> None:
        """Hand `message` to every session that asked for it; once that returns it may be acknowledged."""
        targets, groups = self._remembered.get(message.topic) or self._find(message.topic)
        for session, qos, no_local, keeps_retain, identifiers in targets:
            if no_local and message.publisher is session:
                continue
            session.deliver(message, min(qos, message.qos), retain and keeps_retain, identifiers)
        for group in groups:
            session, interest = group.choose()
            own = () if interest.identifier is None else (interest.identifier,)
            session.deliver(message, min(interest.qos, message.qos), retain and interest.retain_as_published, own)

    def hears(self, topic: str) -> bool:
        """True if anybody subscribed to `topic`. Cheap: a dict look-up once the topic is known."""
        if not self.subscriptions:
            return False
        found = self._remembered.get(topic) or self._find(topic)
        return bool(found[0] or found[1])

    def may_keep(self, topic: str) -> bool:
        return topic in self.retained or len(self.retained) < self.limits.retained_messages

    def keep(self, message: Message) -> None:
        """Set the retained message of its topic; an empty payload deletes it."""
        if message.payload:
            self.retained[message.topic] = message
        else:
            self.retained.pop(message.topic, None)

    def retained_for(self, topic_filter: str) -> Iterator[Message]:
        now = self.clock()
        if "+" not in topic_filter and "#" not in topic_filter:
            one = self.retained.get(topic_filter)
            found = [] if one is None else [one]
        else:
            fixed = topic_filter[: min(i for i in map(topic_filter.find, "+#") if i >= 0)]
            # "a/#" also means "a", so the last slash does not count.
            fixed = fixed.removesuffix("/")
            found = [
                message
                for topic, message in self.retained.items()
                if topic.startswith(fixed) and matches(topic_filter, topic)
            ]
        return (one for one in found if one.expires_at is None or one.expires_at > now)

    def _find(self, topic: str) -> tuple[tuple[Target, ...], tuple[Group, ...]]:
        merged: dict[Session, Target] = {}
        groups: list[Group] = []
        for key, interest in self.subscriptions.match(topic):
            if isinstance(key, Group):
                groups.append(key)
                continue
            own = () if interest.identifier is None else (interest.identifier,)
            target = Target(key, interest.qos, interest.no_local, interest.retain_as_published, own)
            if (other := merged.get(key)) is not None:
                target = Target(
                    key,
                    max(other.qos, target.qos),
                    other.no_local and target.no_local,
                    other.retain_as_published or target.retain_as_published,
                    other.identifiers + own,
                )
            merged[key] = target
        if len(self._remembered) >= REMEMBERED_TOPICS:
            self._remembered.clear()
        found = self._remembered[topic] = (tuple(merged.values()), tuple(groups))
        return found
