"""Topic names, topic filters, and the tree that finds the subscribers of a topic."""

from typing import Generic, TypeVar

from ohmstead.mqtt.limits import Limits

K = TypeVar("K")
V = TypeVar("V")

SHARE = "$share/"


class InvalidTopic(ValueError):
    """A topic name or filter that the protocol or our limits do not allow."""


def check_topic(topic: str, limits: Limits) -> None:
    """Raise InvalidTopic unless `topic` may be published to."""
    if "+" in topic or "#" in topic:
        raise InvalidTopic("a topic name with a wildcard")
    _check_size(topic, limits)


def check_filter(topic_filter: str, limits: Limits) -> None:
    """Raise InvalidTopic unless `topic_filter` may be subscribed to."""
    _check_size(topic_filter, limits)
    if "+" not in topic_filter and "#" not in topic_filter:
        return
    levels = topic_filter.split("/")
    for place, level in enumerate(levels):
        if level == "#" and place < len(levels) - 1:
            raise InvalidTopic("# before the last level")
        if len(level) > 1 and ("#" in level or "+" in level):
            raise InvalidTopic("a wildcard that does not stand alone in its level")


def _check_size(topic: str, limits: Limits) -> None:
    if not topic:
        raise InvalidTopic("an empty topic")
    if len(topic.encode()) > limits.topic_bytes:
        raise InvalidTopic(f"more than {limits.topic_bytes} bytes")
    if topic.count("/") >= limits.topic_levels:
        raise InvalidTopic(f"more than {limits.topic_levels} levels")


def split_share(topic_filter: str) -> tuple[str | None, str]:
    """`$share/group/filter` → (group, filter); any other filter → (None, filter). Raises InvalidTopic."""
    if not topic_filter.startswith(SHARE):
        return None, topic_filter
    group, slash, inner = topic_filter[len(SHARE) :].partition("/")
    if not group or not slash or not inner or "+" in group or "#" in group:
        raise InvalidTopic("a shared subscription is $share/<group>/<filter>")
    return group, inner


def matches(topic_filter: str, topic: str) -> bool:
    """True if a subscriber of `topic_filter` hears `topic`; wildcards never match a first level with `$`."""
    if topic_filter == topic:
        return True
    if topic[:1] == "$" and topic_filter[:1] in ("+", "#"):
        return False
    wanted = topic_filter.split("/")
    levels = topic.split("/")
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(levels) or level not in ("+", levels[place]):
            return False
    return len(wanted) == len(levels)


class _Node(Generic[K, V]):
    __slots__ = ("below", "here")

    def __init__(self) -> None:
        self.below: dict[str, _Node[K, V]] = {}
        self.here: dict[K, V] = {}


class TopicTree(Generic[K, V]):
    """Which keys subscribed to which filters. Filters without wildcards never enter the tree proper."""

    def __init__(self) -> None:
        self._exact: dict[str, dict[K, V]] = {}
        self._root: _Node[K, V] = _Node()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, topic_filter: str, key: K, value: V) -> bool:
        """Set the value of (filter, key). True if it was there before."""
        here = self._place(topic_filter)
        existed = key in here
        here[key] = value
        self._size += not existed
        return existed

    def get(self, topic_filter: str, key: K) -> V | None:
        if "+" not in topic_filter and "#" not in topic_filter:
            return self._exact.get(topic_filter, {}).get(key)
        node = self._root
        for level in topic_filter.split("/"):
            found = node.below.get(level)
            if found is None:
                return None
            node = found
        return node.here.get(key)

    def remove(self, topic_filter: str, key: K) -> bool:
        """Forget (filter, key) and the branches that only it needed. False if it was not there."""
        if "+" not in topic_filter and "#" not in topic_filter:
            here = self._exact.get(topic_filter)
            if here is None or key not in here:
                return False
            del here[key]
            if not here:
                del self._exact[topic_filter]
        else:
            path: list[tuple[_Node[K, V], str]] = []
            node = self._root
            for level in topic_filter.split("/"):
                found = node.below.get(level)
                if found is None:
                    return False
                path.append((node, level))
                node = found
            if key not in node.here:
                return False
            del node.here[key]
            for parent, level in reversed(path):
                if parent.below[level].here or parent.below[level].below:
                    break
                del parent.below[level]
        self._size -= 1
        return True

    def match(self, topic: str) -> list[tuple[K, V]]:
        """Every (key, value) whose filter matches; a key with several matching filters comes several times."""
        found: list[tuple[K, V]] = []
        if (exact := self._exact.get(topic)) is not None:
            found.extend(exact.items())
        if self._root.below:
            _collect(self._root, topic.split("/"), 0, found, wild=topic[0] != "$")
        return found

    def _place(self, topic_filter: str) -> dict[K, V]:
        if "+" not in topic_filter and "#" not in topic_filter:
            return self._exact.setdefault(topic_filter, {})
        node = self._root
        for level in topic_filter.split("/"):
            node = node.below.setdefault(level, _Node())
        return node.here


def _collect(node: _Node[K, V], levels: list[str], depth: int, found: list[tuple[K, V]], *, wild: bool = True) -> None:
    if wild and (rest := node.below.get("#")) is not None:
        found.extend(rest.here.items())
    if depth == len(levels):
        found.extend(node.here.items())
        return
    if wild and (any_level := node.below.get("+")) is not None:
        _collect(any_level, levels, depth + 1, found)
    if (same := node.below.get(levels[depth])) is not None:
        _collect(same, levels, depth + 1, found)
