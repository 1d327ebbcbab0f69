"""What every notifier keeps, found by name; a new one only needs an example here."""

from collections.abc import Callable
from typing import Any

import pytest

from ohmstead import notifiers
from ohmstead.domain.errors import InvalidInput
from ohmstead.domain.notification import Undelivered
from ohmstead.domain.notification_text import Message
from ohmstead.domain.notifier import Notifier, Route, checked
from ohmstead.runtime.plugins import discover
from receivers import web_server

SECRET = "s3cr3t-t0k3n"
# A config of each kind that speaks to a host of the given name and port; SECRET is in every secret setting.
EXAMPLES: dict[str, Callable[[str, int], dict[str, Any]]] = {
    "webhook": lambda host, port: {"url": f"http://{host}:{port}/{SECRET}", "secret": SECRET},
    "email": lambda host, port: {
        "to": "ada@home.test", "sender": "pi@home.test", "host": host, "port": port, "security": "none",
        "user": "pi", "password": SECRET,
    },
    "apprise": lambda host, port: {"url": f"gotify://{host}:{port}/{SECRET}abcdef"},
}  # fmt: skip
MESSAGE = Message("key-1", "Alert: kettle", "It boils", 1_763_683_200_000_000, events=({"event": "raised"},))
ALL: dict[str, Notifier] = discover(notifiers, "NOTIFIER")


class RecordingMeans:
    """Notes where a notifier wants to go, and answers with `verdict`."""

    timeout_s = 2.0

    def __init__(self, verdict: Route | Undelivered) -> None:
        self.verdict = verdict
        self.asked: list[tuple[str, int]] = []

    async def route(self, host: str, port: int) -> Route:
        self.asked.append((host, port))
        if isinstance(self.verdict, Undelivered):
            raise self.verdict
        return self.verdict

    async def in_thread(self, work: Callable[[], Any], give_up: Callable[[], object] | None = None) -> Any:
        return work()


def config_of(kind: str, host: str = "receiver.test", port: int = 8123) -> dict[str, Any]:
    config = checked(ALL[kind].settings, EXAMPLES[kind](host, port))
    ALL[kind].check(config)
    return config


def test_each_has_an_example_here() -> None:
    assert set(ALL) == set(EXAMPLES)


@pytest.mark.parametrize("kind", sorted(ALL))
class TestEvery:
    def test_it_describes_itself_for_a_form(self, kind: str) -> None:
        notifier = ALL[kind]
        assert notifier.name == kind
        assert notifier.label
        assert any(setting.secret for setting in notifier.settings)
        assert any(setting.place for setting in notifier.settings)
        assert all(
            setting.label and setting.kind in ("text", "number", "switch", "choice") for setting in notifier.settings
        )

    def test_it_refuses_what_it_does_not_know_and_what_is_missing(self, kind: str) -> None:
        notifier = ALL[kind]
        with pytest.raises(InvalidInput, match="unknown hostt; known are"):
            checked(notifier.settings, EXAMPLES[kind]("receiver.test", 80) | {"hostt": "x"})
        with pytest.raises(InvalidInput, match="missing"):
            checked(notifier.settings, {})
        for setting in notifier.settings:
            with pytest.raises(InvalidInput, match=setting.name):
                checked(notifier.settings, EXAMPLES[kind]("receiver.test", 80) | {setting.name: 1.5})

    def test_where_it_goes_is_shown_without_secrets(self, kind: str) -> None:
        where = ALL[kind].where(config_of(kind))
        assert where
        assert SECRET not in where

    @pytest.mark.parametrize("broken", ["no address", "http:// ", "://", "a b", "x" * 3000, "a\nb", ""])
    def test_a_wrong_config_is_refused_without_quoting_a_secret(self, kind: str, broken: str) -> None:
        notifier = ALL[kind]
        main = notifier.settings[0].name
        with pytest.raises(InvalidInput) as refused:
            notifier.check(
                checked(notifier.settings, EXAMPLES[kind]("receiver.test", 80) | {main: broken + SECRET * bool(broken)})
            )
        if notifier.settings[0].secret:
            assert SECRET not in str(refused.value)

    async def test_it_asks_for_the_way_before_it_goes_and_obeys(self, kind: str) -> None:
        async with web_server() as receiver:
            means = RecordingMeans(Undelivered("not allowed: link-local", permanent=True))
            with pytest.raises(Undelivered, match="link-local") as refused:
                await ALL[kind].send(config_of(kind, "127.0.0.1", receiver.port), MESSAGE, means)
            assert refused.value.permanent
            assert means.asked == [("127.0.0.1", receiver.port)]
            assert receiver.requests == []

    async def test_nobody_there_is_worth_another_try_and_said_without_secrets(self, kind: str) -> None:
        async with web_server() as receiver:
            port = receiver.port
        means = RecordingMeans(Route("127.0.0.1", port, ("127.0.0.1",)))
        with pytest.raises(Undelivered) as failed:
            await ALL[kind].send(config_of(kind, "127.0.0.1", port), MESSAGE, means)
        assert not failed.value.permanent
        assert str(failed.value)
        assert SECRET not in str(failed.value)
