"""Topics: what may be named, and that tree, matcher and a naive reference agree."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.mqtt.limits import Limits
from ohmstead.mqtt.topics import InvalidTopic, TopicTree, check_filter, check_topic, matches, split_share

LIMITS = Limits()
levels = st.sampled_from(["a", "b", "", "$x", "ab"])
topics = st.lists(levels, min_size=1, max_size=4).map("/".join).filter(bool)
filters = st.builds(
    lambda middle, tail: "/".join([*middle, *tail]),
    st.lists(levels | st.just("+"), min_size=0, max_size=4),
    st.sampled_from([[], ["#"]]),
).filter(bool)


def reference(topic_filter: str, topic: str) -> bool:
    """The rules of §4.7 as one regular expression."""
    if topic.startswith("$") and topic_filter[0] in "+#":
        return False
    if topic_filter == "#":
        return True
    pattern = "/".join("[^/]*" if level == "+" else re.escape(level) for level in topic_filter.split("/"))
    pattern = pattern.removesuffix("/\\#") + "(/.*)?" if topic_filter.endswith("/#") else pattern
    return re.fullmatch(pattern, topic, re.DOTALL) is not None


@given(filters, topics)
def test_matching_agrees_with_the_reference(topic_filter: str, topic: str) -> None:
    assert matches(topic_filter, topic) == reference(topic_filter, topic)


@given(st.lists(st.tuples(filters, st.integers(0, 3)), max_size=12), st.lists(topics, max_size=6), st.data())
def test_the_tree_finds_whom_the_reference_finds(
    wanted: list[tuple[str, int]], said: list[str], data: st.DataObject
) -> None:
    tree: TopicTree[int, str] = TopicTree()
    model: set[tuple[str, int]] = set()
    for topic_filter, key in wanted:
        assert tree.add(topic_filter, key, topic_filter) == ((topic_filter, key) in model)
        model.add((topic_filter, key))
    for topic_filter, key in data.draw(st.lists(st.sampled_from(wanted), max_size=6)) if wanted else ():
        assert tree.remove(topic_filter, key) == ((topic_filter, key) in model)
        model.discard((topic_filter, key))
    assert len(tree) == len(model)
    for topic in said:
        expected = sorted((key, topic_filter) for topic_filter, key in model if reference(topic_filter, topic))
        assert sorted(tree.match(topic)) == expected


def test_an_emptied_tree_keeps_no_branches() -> None:
    tree: TopicTree[int, None] = TopicTree()
    for topic_filter in ("a/+/c", "a/+/c/#", "x", "#"):
        tree.add(topic_filter, 1, None)
    for topic_filter in ("a/+/c", "a/+/c/#", "x", "#"):
        assert tree.remove(topic_filter, 1)
    assert not tree
    assert not tree._root.below
    assert not tree._exact


@pytest.mark.parametrize(
    ("topic_filter", "topic", "heard"),
    [
        ("sport/tennis/#", "sport/tennis", True),
        ("sport/tennis/#", "sport/tennis/player1/ranking", True),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/load", False),
        ("+/load", "$SYS/load", False),
        ("$SYS/#", "$SYS/load", True),
    ],
)
def test_the_examples_of_the_specification(topic_filter: str, topic: str, heard: bool) -> None:
    assert matches(topic_filter, topic) is heard
    tree: TopicTree[int, None] = TopicTree()
    tree.add(topic_filter, 1, None)
    assert bool(tree.match(topic)) is heard


@pytest.mark.parametrize("bad", ["", "a/#/b", "a+", "a/b#", "#/a", "x" * 513, "/".join("a" * 17), "é" * 257])
def test_filters_that_are_refused(bad: str) -> None:
    with pytest.raises(InvalidTopic):
        check_filter(bad, LIMITS)


@pytest.mark.parametrize("bad", ["", "a/+", "#", "x" * 513, "/".join("a" * 17)])
def test_topics_that_are_refused(bad: str) -> None:
    with pytest.raises(InvalidTopic):
        check_topic(bad, LIMITS)


@pytest.mark.parametrize("good", ["a", "/", "x" * 512, "/".join("a" * 16), "$SYS/a", "a b/ü"])
def test_topics_at_the_limit_are_taken(good: str) -> None:
    check_topic(good, LIMITS)
    check_filter(good, LIMITS)


def test_a_shared_filter_is_taken_apart() -> None:
    assert split_share("$share/g/a/+") == ("g", "a/+")
    assert split_share("a/b") == (None, "a/b")
    for bad in ("$share/", "$share/g", "$share/g/", "$share//a", "$share/g+/a"):
        with pytest.raises(InvalidTopic):
            split_share(bad)
