"""The outbox and its deliverer on a whole server, with real receivers and a clock that is told."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ohmstead.database import StorageFailure
from ohmstead.domain.access import ROLES, Principal, Role
from ohmstead.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, Undeliverable
from ohmstead.domain.notification import Target
from ohmstead.domain.telemetry import DAY, HOUR, MINUTE, SECOND
from ohmstead.services.delivering import Deliverer
from ohmstead.storage import notifications as store
from receivers import Mailbox, mail_server, status, web_server

SECRET = "s3cr3t-t0k3n"
OPERATOR = Principal("otto", ROLES[Role.OPERATOR], user=2, role=Role.OPERATOR)
VIEWER = Principal("vera", ROLES[Role.VIEWER], user=3, role=Role.VIEWER)
KETTLE = {"severity": "warning", "rule": "Kettle above 2 kW", "message": "Kettle draws 2.15 kW", "value": 2150.0}


async def add(world: Any, kind: str, config: dict[str, Any], name: str = "Phone", **manner: Any) -> int:
    new = Target(0, name, kind, config, **manner)
    return (await world.app.notifying.notifications.add(world.admin, new)).target.id  # type: ignore[no-any-return]


async def add_webhook(world: Any, port: int, name: str = "Phone", **manner: Any) -> int:
    return await add(world, "webhook", {"url": f"http://127.0.0.1:{port}/{SECRET}", "secret": SECRET}, name, **manner)


async def add_mail(world: Any, port: int, **manner: Any) -> int:
    config = {"to": "ada@home.test", "sender": "pi@home.test", "host": "127.0.0.1", "port": port, "security": "none"}
    return await add(world, "email", config, "Mail", **manner)


async def tell(world: Any, alert: int = 7, event: str = "raised", at: int = 0, **payload: Any) -> int:
    """An event of an alert, as the alert engine tells it inside its own transaction."""

    def in_transaction(connection: Any) -> int:
        return store.enqueue(
            connection, alert_id=alert, event=event, at_us=at or world.clock.us, payload=KETTLE | payload
        )

    return await world.app.database.write(in_transaction)  # type: ignore[no-any-return]


async def deliver(world: Any, deliverer: Deliverer | None = None) -> None:
    """One round, to the end of everything it begins."""
    async with asyncio.TaskGroup() as tasks:
        await (deliverer or world.app.notifying.deliverer).round(tasks.create_task)


async def history(world: Any, who: Any = None) -> list[Any]:
    """Oldest first."""
    found = await world.app.notifying.notifications.history(who or world.admin, 500, None, None)
    return found[::-1]  # type: ignore[no-any-return]


async def states(world: Any) -> list[str]:
    return [one.state.value for one in await history(world)]


class TestDelivering:
    async def test_one_event_reaches_every_target_once_however_often_it_is_told(self, world: Any) -> None:
        async with web_server() as receiver, mail_server(Mailbox()) as box:
            await add_webhook(world, receiver.port)
            await add_mail(world, box.port)
            at = world.clock.us
            assert [await tell(world, at=at) for _ in range(3)] == [2, 0, 0]
            for _ in range(3):
                await deliver(world)
        assert (len(receiver.requests), len(box.mails)) == (1, 1)
        assert await states(world) == ["sent", "sent"]
        assert box.mails[0]["Subject"] == "Alert: Kettle above 2 kW"
        (event,) = json.loads(receiver.requests[0].body)["events"]
        assert (event["alert_id"], event["event"], event["value"]) == ("7", "raised", 2150.0)

    async def test_what_a_rule_calls_goes_whatever_the_target_wishes_to_hear_and_not_twice(self, world: Any) -> None:
        await add_webhook(world, 9, min_severity="critical")
        quiet = await add_webhook(world, 9, "Quiet", min_severity="critical", escalation=True)
        at = world.clock.us

        def in_transaction(connection: Any, event: str, targets: list[int] | None = None) -> int:
            return store.enqueue(connection, alert_id=7, event=event, at_us=at, payload=KETTLE, targets=targets)

        write = world.app.database.write
        assert await write(lambda c: in_transaction(c, "raised")) == 0
        assert await write(lambda c: in_transaction(c, "action raised", [quiet, 4711])) == 1
        assert await write(lambda c: in_transaction(c, "raised", [quiet])) == 0
        assert await write(lambda c: in_transaction(c, "action cleared", [quiet])) == 1
        assert [(one.event, one.target) for one in await history(world)] == [("raised", quiet), ("cleared", quiet)]

    async def test_a_transaction_that_fails_tells_nobody(self, world: Any) -> None:
        await add_webhook(world, 9)

        def failing(connection: Any) -> None:
            store.enqueue(connection, alert_id=7, event="raised", at_us=1, payload=KETTLE)
            raise RuntimeError("the alert could not be kept")

        with pytest.raises(RuntimeError):
            await world.app.database.write(failing)
        assert await history(world) == []

    async def test_a_mail_server_that_is_down_for_an_hour_gets_it_afterwards(self, world: Any) -> None:
        async with mail_server(Mailbox()) as box:
            port = box.port
        await add_mail(world, port)
        await tell(world)
        began = world.clock.us
        while world.clock.us - began < HOUR:
            await deliver(world)
            (one,) = await history(world)
            assert (one.state.value, "not reached" in one.reason or "refused" in one.reason) == ("failed", True)
            (status_,) = await world.app.notifying.notifications.all(world.admin)
            assert (status_.failure, status_.waiting) == (one.reason, 1)
            world.clock.us = one.due_at
        async with mail_server(Mailbox(), port=port) as box:
            await deliver(world)
        (one,) = await history(world)
        assert (len(box.mails), one.state.value, one.attempts) == (1, "sent", 7)
        assert [what for _, what in one.history][-1] == "delivered"
        (status_,) = await world.app.notifying.notifications.all(world.admin)
        assert (status_.failure, status_.failed_at, status_.waiting) == ("", None, 0)
        assert status_.sent_at is not None

    async def test_greylisting_costs_a_minute_and_a_refusal_ends_it(self, world: Any) -> None:
        async with mail_server(Mailbox(answers=["451 Greylisted", "250 fine"])) as box:
            await add_mail(world, box.port)
            await tell(world)
            await deliver(world)
            await deliver(world)  # not before its time
            assert len(box.tried) == 1
            world.clock.us += MINUTE + SECOND
            await deliver(world)
            box.answers.append("550 We do not want you")
            await tell(world, alert=8)
            await deliver(world)
        first, second = await history(world)
        assert (first.state.value, second.state.value) == ("sent", "given_up")
        assert second.reason == "the mail server answered 550 We do not want you"
        assert world.app.notifying.deliverer.given_up == 1

    async def test_a_hanging_receiver_delays_only_itself(self, world: Any) -> None:
        leave = asyncio.Event()

        async def hang(writer: Any) -> None:
            await leave.wait()

        async with web_server(hang) as slow, web_server() as quick:
            await add_webhook(world, slow.port, "Slow")
            await add_webhook(world, quick.port, "Quick")
            await tell(world)
            async with asyncio.TaskGroup() as tasks:
                await world.app.notifying.deliverer.round(tasks.create_task)
                async with asyncio.timeout(10):
                    while "sent" not in await states(world):
                        pass
                    assert len(quick.requests) == 1
                    await tell(world, alert=8)
                    while (await states(world)).count("sent") < 2:  # later rounds leave the busy one alone
                        await world.app.notifying.deliverer.round(tasks.create_task)
                assert (len(quick.requests), len(slow.requests)) == (2, 1)
                leave.set()
        assert sorted(await states(world)) == ["failed", "sent", "sent", "waiting"]

    async def test_two_failures_in_a_row_and_the_others_wait_without_an_attempt(self, world: Any) -> None:
        async with web_server(status("500 Oops")) as receiver:
            await add_webhook(world, receiver.port)
            for alert in range(5):
                await tell(world, alert=alert + 1)
            await deliver(world)
            await deliver(world)
        assert len(receiver.requests) == 2
        rows = await history(world)
        assert [one.attempts for one in rows] == [1, 1, 0, 0, 0]
        assert all(one.due_at > world.clock.us for one in rows)

    async def test_a_flood_is_one_message_and_urgent(self, world: Any) -> None:
        async with web_server() as receiver:
            await add_webhook(world, receiver.port)
            for alert in range(30):
                await tell(world, alert=alert + 1, severity="critical")
            await deliver(world)
        (request,) = receiver.requests
        body = json.loads(request.body)
        assert (body["title"], body["urgent"], len(body["events"])) == ("30 alerts at Home", True, 30)
        assert await states(world) == ["sent"] * 30

    async def test_a_digest_and_quiet_hours_hold_what_is_not_urgent(self, world: Any) -> None:
        async with web_server() as receiver:
            await add_webhook(world, receiver.port, digest_min=15)
            await tell(world, alert=1)
            await deliver(world)
            world.clock.us += 14 * MINUTE
            await tell(world, alert=2)
            await tell(world, alert=3, severity="critical")
            await deliver(world)
            assert len(receiver.requests) == 1
            world.clock.us += MINUTE
            await deliver(world)
        urgent, digest = [json.loads(request.body)["events"] for request in receiver.requests]
        assert [event["alert_id"] for event in urgent] == ["3"]
        assert [event["alert_id"] for event in digest] == ["1", "2"]

    async def test_a_target_that_is_off_gets_nothing_and_one_removed_gives_up(self, world: Any) -> None:
        async with web_server(status("500 Oops")) as receiver:
            target = await add_webhook(world, receiver.port)
            await tell(world)
            await deliver(world)
            service = world.app.notifying.notifications
            await service.change(world.admin, target, enabled=False)
            world.clock.us += DAY
            await deliver(world)
            assert len(receiver.requests) == 1
            await service.remove(world.admin, target)
        (one,) = await history(world)
        assert (one.state.value, one.reason, one.target_name) == ("given_up", "the target was removed", "Phone")


class TestDeath:
    async def test_after_a_kill_in_mid_send_it_goes_again_under_the_same_key(self, world: Any) -> None:
        taken = asyncio.Event()
        never = asyncio.Event()

        async def take_and_hang(writer: Any) -> None:
            taken.set()
            await never.wait()

        async with web_server(take_and_hang) as receiver:
            await add_webhook(world, receiver.port)
            await tell(world)
            dying = asyncio.create_task(deliver(world))
            await asyncio.wait_for(taken.wait(), 5)
            dying.cancel()
            never.set()
            await asyncio.gather(dying, return_exceptions=True)
            first = receiver.requests[0].headers["idempotency-key"]
            port = receiver.port
        assert await states(world) == ["sending"]
        reborn = Deliverer(world.app.database, world.app.notifying.notifications, world.clock)
        await reborn.recover()
        assert await states(world) == ["waiting"]
        async with web_server(port=port) as receiver:
            await deliver(world, reborn)
            await deliver(world, reborn)
        assert [request.headers["idempotency-key"] for request in receiver.requests] == [first]
        (one,) = await history(world)
        assert (one.state.value, one.attempts) == ("sent", 2)

    async def test_what_ended_before_the_death_does_not_go_again(self, world: Any) -> None:
        async with web_server() as receiver:
            await add_webhook(world, receiver.port)
            await tell(world)
            await deliver(world)
            reborn = Deliverer(world.app.database, world.app.notifying.notifications, world.clock)
            await reborn.recover()
            await deliver(world, reborn)
        assert len(receiver.requests) == 1

    @pytest.mark.parametrize(("answers", "state"), [(True, "sent"), (False, "sending")])
    async def test_what_is_nearly_sent_when_the_server_ends_may_end_well(
        self, world: Any, monkeypatch: pytest.MonkeyPatch, answers: bool, state: str
    ) -> None:
        monkeypatch.setattr("ohmstead.services.delivering.LAST_WORDS_S", 10.0 if answers else 0.01)
        taken, go_on = asyncio.Event(), asyncio.Event()

        async def slowly(writer: Any) -> None:
            taken.set()
            await go_on.wait()
            await status("200 OK")(writer)

        async with web_server(slowly) as receiver:
            await add_webhook(world, receiver.port)
            await tell(world)
            running = asyncio.create_task(world.app.notifying.deliverer.run())
            await asyncio.wait_for(taken.wait(), 10)
            running.cancel()
            if answers:
                go_on.set()
            await asyncio.wait([running], timeout=10)
            assert running.cancelled()
            go_on.set()
        assert await states(world) == [state]

    async def test_while_nothing_can_be_stored_nothing_is_sent_and_what_was_sent_is_noted_later(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ohmstead.services.delivering.NOT_STORED_PAUSE_S", 0.0)
        database, write, full = world.app.database, world.app.database.write, [True]

        async def failing_write(work: Any) -> Any:
            if full and full.pop(0):
                raise StorageFailure("the disk is full")
            return await write(work)

        async with web_server() as receiver:
            await add_webhook(world, receiver.port)
            await tell(world)
            monkeypatch.setattr(database, "write", failing_write)
            await deliver(world)
            assert (receiver.requests, await states(world)) == ([], ["waiting"])
            full.extend([False, True, True])  # the attempt can be noted, its end only at the third try
            await deliver(world)
            await deliver(world)
        assert (len(receiver.requests), await states(world), full) == (1, ["sent"], [])

    async def test_the_targets_are_there_again_after_a_restart(self, world: Any) -> None:
        await add_webhook(world, 9, digest_min=5, title="{rule}!")
        before = await world.app.notifying.notifications.all(world.admin)
        await world.app.notifying.notifications.load()
        assert await world.app.notifying.notifications.all(world.admin) == before


class TestTargets:
    async def test_only_admins_reach_them_and_operators_see_the_history(self, world: Any) -> None:
        service = world.app.notifying.notifications
        for who in (OPERATOR, VIEWER):
            for call in (service.all(who), service.add(who, Target(0, "x", "webhook", {})), service.test(who, 1)):
                with pytest.raises(Forbidden):
                    await call
        assert await history(world, OPERATOR) == []
        with pytest.raises(Forbidden):
            await history(world, VIEWER)

    async def test_what_makes_no_sense_is_refused(self, world: Any) -> None:
        await add_webhook(world, 9)
        with pytest.raises(Conflict):
            await add_webhook(world, 9, "phone")
        with pytest.raises(InvalidInput, match="kind: one of apprise, email, webhook"):
            await add(world, "pigeon", {}, "Other")
        with pytest.raises(InvalidInput, match="unknown placeholder"):
            await add_webhook(world, 9, "Other", body="{nonsense}")
        with pytest.raises(NotFound):
            await world.app.notifying.notifications.change(world.admin, 4711, enabled=False)
        with pytest.raises(InvalidInput, match="url is not an address"):
            await add(world, "webhook", {"url": "nas"}, "Other")

    async def test_a_changed_address_is_not_sent_the_old_secret(self, world: Any) -> None:
        service = world.app.notifying.notifications
        target = await add_webhook(world, 9)
        with pytest.raises(InvalidInput, match="give secret anew"):
            await service.change(world.admin, target, {"url": "http://127.0.0.1:10/eve"})
        await service.change(world.admin, target, {"url": "http://127.0.0.1:10/", "secret": "another"})
        changed = await service.change(world.admin, target, {"secret": None})
        assert (changed.where, changed.secrets_set) == ("http://127.0.0.1:10", ("url",))

    async def test_the_test_button_says_why_it_did_not_arrive(self, world: Any) -> None:
        service = world.app.notifying.notifications
        async with web_server(status("500 Oops")) as receiver:
            target = await add_webhook(world, receiver.port, min_severity="critical")
            with pytest.raises(Undeliverable, match="the receiver answered 500"):
                await service.test(world.admin, target)
        async with web_server() as receiver:
            await service.change(world.admin, target, {"url": f"http://127.0.0.1:{receiver.port}/", "secret": SECRET})
            assert await service.test(world.admin, target) == "answered 200"
        assert json.loads(receiver.requests[0].body)["title"] == "Test: notifications arrive here"
        assert await history(world) == []

    async def test_this_servers_own_ports_are_refused(self, world: Any) -> None:
        from ohmstead.services.system import Port

        async with web_server() as ourselves:
            world.app.system.ports = [Port("http", ourselves.port, "open")]
            target = await add_webhook(world, ourselves.port)
            with pytest.raises(Undeliverable, match="this server itself"):
                await world.app.notifying.notifications.test(world.admin, target)
        assert ourselves.requests == []

    async def test_old_history_goes_and_what_is_open_stays(self, world: Any) -> None:
        async with web_server() as receiver:
            await add_webhook(world, receiver.port)
            await tell(world)
            await deliver(world)
        await tell(world, alert=8)
        world.clock.us += 91 * DAY
        await world.app.notifying.notifications.forget()
        assert [one.alert for one in await history(world)] == [8]


class TestApi:
    @pytest.fixture
    async def admin(self, world: Any) -> AsyncIterator[httpx.AsyncClient]:
        _, secret = await world.app.tokens.create("t", ("admin",), actor="ada")
        transport = httpx.ASGITransport(world.app.front)
        headers = {"authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://x/api/v1", headers=headers) as client:
            yield client

    async def test_from_a_form_to_the_history(self, world: Any, admin: httpx.AsyncClient) -> None:
        kinds = (await admin.get("/notification-targets/kinds")).json()
        assert [kind["name"] for kind in kinds["kinds"]] == ["apprise", "email", "webhook"]
        assert "{rule}" in kinds["title"]
        async with web_server() as receiver:
            body = {
                "name": "Phone",
                "kind": "webhook",
                "config": {"url": f"http://127.0.0.1:{receiver.port}/{SECRET}", "secret": SECRET},
                "quiet": {"start": "22:00", "end": "07:00"},
            }
            made = await admin.post("/notification-targets", json=body)
            assert made.status_code == 201
            target = made.json()
            assert (target["secrets_set"], target["config"]) == (["url", "secret"], {"verify": True})
            assert target["quiet"] == {"start": "22:00", "end": "07:00"}
            tested = await admin.post(f"/notification-targets/{target['id']}/test")
            assert (tested.status_code, tested.json()["delivered"]) == (200, True)
            changed = await admin.patch(f"/notification-targets/{target['id']}", json={"quiet": None, "digest_min": 0})
            assert changed.json()["quiet"] is None
            await tell(world)
            await deliver(world)
        for alert in (8, 9):
            await tell(world, alert=alert)
        page = (await admin.get("/notifications", params={"limit": 2})).json()
        assert [item["alert_id"] for item in page["items"]] == ["9", "8"]
        rest = (await admin.get("/notifications", params={"limit": 2, "after": page["next"]})).json()
        assert [(item["state"], item["target"], item["attempts"]) for item in rest["items"]] == [("sent", "Phone", 1)]
        assert rest["next"] is None
        only = (await admin.get("/notifications", params={"alert": "8"})).json()["items"]
        assert [item["message"] for item in only] == ["Kettle draws 2.15 kW"]
        assert (await admin.delete(f"/notification-targets/{target['id']}")).status_code == 204
        assert (await admin.get("/notification-targets")).json() == []

    async def test_a_test_that_does_not_arrive_is_a_502_in_plain_words(
        self, world: Any, admin: httpx.AsyncClient
    ) -> None:
        target = await add(world, "webhook", {"url": "http://169.254.169.254/latest"})
        answer = await admin.post(f"/notification-targets/{target}/test")
        assert answer.status_code == 502
        assert answer.headers["content-type"] == "application/problem+json"
        assert "169.254.169.254 is link-local" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "body",
        [{"name": "x", "kind": "webhook", "config": {"url": SECRET, "secret": {"a": 1}}},
         {"name": "x", "kind": "webhook", "config": {"url": f"gopher://{SECRET}"}},
         {"name": "x", "kind": "email", "config": {"password": SECRET}},
         {"name": "x", "kind": "webhook", "config": {"url": "http://nas/"}, "title": "{0}"},
         {"name": "x", "kind": "webhook", "config": {}, "digest_min": -5},
         {"name": "", "kind": "webhook"}, {"name": "x", "kind": "webhook", "min_severity": "loud"}],
    )  # fmt: skip
    async def test_nonsense_is_a_422_that_quotes_no_secret(self, admin: httpx.AsyncClient, body: Any) -> None:
        answer = await admin.post("/notification-targets", json=body)
        assert answer.status_code == 422
        assert SECRET not in answer.text


async def test_secrets_are_in_no_answer_no_log_and_no_audit_entry(
    world: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    service = world.app.notifying.notifications
    mail = {"to": "a@home.test", "sender": "p@home.test", "host": "127.0.0.1", "port": 9, "user": "pi"}
    targets = [
        await add_webhook(world, 9),
        await add(world, "email", mail | {"password": SECRET}, "Mail"),
        await add(world, "apprise", {"url": f"gotify://127.0.0.1:9/{SECRET}abcdef"}, "Gotify"),
    ]
    said = []
    for target in targets:
        with pytest.raises(Undeliverable) as failed:
            await service.test(world.admin, target)
        said.append(str(failed.value))
        await service.change(world.admin, target, enabled=True)
    await tell(world)
    await deliver(world)
    said += [one.reason for one in await history(world)]
    said += [repr(entry) for _, entry in await world.app.audit.newest(100, None)]
    said += [f"{one.where} {one.config} {one.failure} {one.target!r}" for one in await service.all(world.admin)]
    said += [caplog.text, *capsys.readouterr()]
    assert "notification failed" in "".join(said)
    assert not [text for text in said if SECRET in text]
