"""Contract §5: the live view."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from builders import now_ms, serial
from contract.test_2_people_and_machines import person, token, tokenless
from system.running_server import RunningServer
from system.starting import StartServer

T = 1_763_682_000_000


@contextmanager
def live(server: RunningServer, headers: dict[str, str] | None = None, **options: Any) -> Iterator[ClientConnection]:
    """A live view of the admin, or of whoever the headers name."""
    if headers is None:
        headers = {"cookie": f"ohmstead_session={server.admin.cookies['ohmstead_session']}"}
    url = f"ws://{server.host}:{server.http_port}/api/v1/live"
    with connect(url, additional_headers=headers, proxy=None, **options) as view:
        yield view


def small_window(server: RunningServer) -> socket.socket:
    """A connected socket that takes little before it is read."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect((server.host, server.http_port))
    return sock


def frame(view: ClientConnection, within_s: float = 20.0) -> dict[str, Any]:
    """The next frame that is no ping."""
    while True:
        found: dict[str, Any] = json.loads(view.recv(timeout=within_s))
        if found["type"] != "ping":
            return found


def until(view: ClientConnection, kind: str, holds: Any = lambda _: True) -> dict[str, Any]:
    while True:
        if (found := frame(view))["type"] == kind and holds(found):
            return found


def close_code(view: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        _read_for_ever(view)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def _read_for_ever(view: ClientConnection) -> NoReturn:
    while True:
        view.recv(timeout=10)


@pytest.fixture(scope="module", autouse=True)
def pinged(server: RunningServer) -> Iterator[Future[float]]:
    """How long it took to the first ping of a view that was opened before the other tests ran."""

    def wait() -> float:
        began = time.monotonic()
        with live(server, cookie) as view:
            while json.loads(view.recv(timeout=30))["type"] != "ping":
                pass
        return time.monotonic() - began

    cookie = {"cookie": f"ohmstead_session={server.admin.cookies['ohmstead_session']}"}
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(wait)


class TestFrames:
    def test_a_snapshot_comes_first(self, server: RunningServer) -> None:
        device = server.add_device(serial(), "Boiler")
        device.send({"t": T, "v": {"power": 42.5}})
        with live(server) as view:
            snapshot = json.loads(view.recv(timeout=5))
        assert snapshot["type"] == "snapshot"
        assert abs(snapshot["at"] - now_ms()) < 5000
        shown = next(d for d in snapshot["devices"] if d["serial"] == device.serial)
        assert shown == server.device(device.serial)
        assert snapshot["values"][device.channel("power")["id"]] == [T, 42.5]

    def test_then_what_changes_once_it_is_acknowledged(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        device.send({"t": T, "v": {"power": 1}})
        channel = device.channel("power")["id"]
        with live(server) as view:
            frame(view)
            device.send({"t": T + 1, "v": {"power": 2}})
            changes = until(view, "changes", lambda f: channel in f["values"])
        assert changes["values"][channel] == [T + 1, 2]
        assert abs(changes["at"] - now_ms()) < 5000

    def test_a_new_device_and_each_change_of_it(self, server: RunningServer) -> None:
        name = serial()
        with live(server) as view:
            frame(view)
            device = server.add_device(name)
            until(view, "device", lambda f: f["device"]["serial"] == name)
            server.admin.patch(f"/devices/{device.id}", json={"name": "Attic"})
            renamed = until(view, "device", lambda f: f["device"].get("name") == "Attic")
            assert renamed["device"]["id"] == device.id
            device.send({"t": T, "v": {"power": 3}})
            until(view, "device", lambda f: [c["key"] for c in f["device"].get("channels", ())] == ["power"])
            channel = device.channel("power")["id"]
            device.send({"t": T + 1, "v": {"power": 4}})
            until(view, "changes", lambda f: f["values"].get(channel) == [T + 1, 4])

    def test_an_unclaimed_device_shows_up_by_itself(self, server: RunningServer) -> None:
        with live(server) as view:
            frame(view)
            device = tokenless(server)
            until(view, "device", lambda f: f["device"]["id"] == device and f["device"]["channels"])

    def test_at_most_ten_frames_of_changes_a_second(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        device.send({"t": T, "v": {"power": 0}})
        channel = device.channel("power")["id"]
        with live(server) as view:
            frame(view)
            began = time.monotonic()
            n = 0
            while time.monotonic() - began < 2.0:
                n += 1
                device.send({"t": T + n, "v": {"power": n}})
            took = time.monotonic() - began
            frames = [until(view, "changes", lambda f: channel in f["values"])]
            while frames[-1]["values"][channel][1] != n:
                frames.append(until(view, "changes", lambda f: channel in f["values"]))
        assert n > 50
        assert len(frames) <= took * 10 + 2
        shown = [f["values"][channel][1] for f in frames]
        assert shown == sorted(shown)
        assert len(frames) > 5, "it flows while values arrive"


class TestSubscribing:
    def test_narrows_to_the_channels_named(self, server: RunningServer) -> None:
        wanted, other = server.add_device(serial()), server.add_device(serial())
        for device in (wanted, other):
            device.send({"t": T, "v": {"power": 0}})
        channel, unwanted = (d.channel("power")["id"] for d in (wanted, other))
        with live(server) as view:
            frame(view)
            view.send(json.dumps({"subscribe": [channel, "999999", "no id"]}))
            seen: list[str] = []
            n = 0
            while channel not in seen or n < 10:  # the narrowing takes effect at some moment after it was sent
                n += 1
                other.send({"t": T + n, "v": {"power": n}})
                wanted.send({"t": T + n, "v": {"power": n}})
                seen = list(until(view, "changes")["values"])
            assert unwanted not in seen

    @pytest.mark.parametrize(
        "nonsense",
        ["", "{", "[]", '{"subscribe":5}', '{"subscribe":[5]}', '{"subscribe":["²"]}',
         json.dumps({"subscribe": ["9" * 5000]}), '{"other":1}', b"\x00binary", b"", b"\xff"],
    )  # fmt: skip
    def test_nonsense_does_no_harm(self, server: RunningServer, nonsense: str | bytes) -> None:
        device = server.add_device(serial())
        device.send({"t": T, "v": {"power": 0}})
        with live(server) as view:
            frame(view)
            view.send(nonsense)
            view.send(json.dumps({"subscribe": [device.channel("power")["id"]]}))
            device.send({"t": T + 1, "v": {"power": 1}})
            until(view, "changes")
        assert "Traceback" not in server.printed()


class TestWhoMayLook:
    def test_4401_without_credentials(self, server: RunningServer) -> None:
        for headers in ({}, {"cookie": "ohmstead_session=x"}, {"authorization": "Bearer oht_x"}):
            with live(server, headers) as view:
                assert close_code(view) == 4401

    def test_no_credentials_in_the_url(self, server: RunningServer) -> None:
        cookie = server.admin.cookies["ohmstead_session"]
        for query in (f"token={cookie}", f"access_token={cookie}", f"ohmstead_session={cookie}"):
            url = f"ws://{server.host}:{server.http_port}/api/v1/live?{query}"
            with connect(url, proxy=None) as view:
                assert close_code(view) == 4401

    def test_4403_for_a_device_and_for_another_site(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        with live(server, {"authorization": f"Bearer {device.token}"}) as view:
            assert close_code(view) == 4403
        cookie = f"ohmstead_session={server.admin.cookies['ohmstead_session']}"
        with live(server, {"cookie": cookie, "origin": "http://evil.example"}) as view:
            assert close_code(view) == 4403

    def test_a_read_token_by_header(self, server: RunningServer) -> None:
        reader = token(server, "read")
        with live(server, {"authorization": reader.headers["authorization"]}) as view:
            assert frame(view)["type"] == "snapshot"

    def test_a_viewer_gets_what_is_assigned_only(self, server: RunningServer) -> None:
        viewer = person(server, "viewer")
        mine, other = server.add_device(serial()), server.add_device(serial())
        for device in (mine, other):
            device.send({"t": T, "v": {"power": 0}})
        server.admin.post(f"/devices/{mine.id}/assign", json={"user_id": viewer.headers["x-user"]})
        channel, hidden = (d.channel("power")["id"] for d in (mine, other))
        with live(server, {"cookie": f"ohmstead_session={viewer.cookies['ohmstead_session']}"}) as view:
            snapshot = frame(view)
            assert [d["serial"] for d in snapshot["devices"]] == [mine.serial]
            assert list(snapshot["values"]) == [channel]
            view.send(json.dumps({"subscribe": [channel, hidden]}))
            server.admin.patch(f"/devices/{other.id}", json={"name": "Secret"})
            for n in range(1, 4):
                other.send({"t": T + n, "v": {"power": n}})
                mine.send({"t": T + n, "v": {"power": n}})
                changes = frame(view)
                assert changes["type"] == "changes"
                assert hidden not in changes["values"]

    def test_a_view_ends_with_the_session(self, server: RunningServer) -> None:
        operator = person(server, "operator")
        with live(server, {"cookie": f"ohmstead_session={operator.cookies['ohmstead_session']}"}) as view:
            frame(view)
            operator.post("/auth/logout")
            assert close_code(view) in (4401, 4403)


class TestTheEnd:
    def test_a_ping_came_within_16_seconds(self, pinged: Future[float]) -> None:
        assert pinged.result() < 16

    def test_one_that_does_not_read_is_ended_and_counted(self, start_server: StartServer) -> None:
        server = start_server()
        devices = [server.add_device(f"wide-{n}") for n in range(4)]
        wide = {f"channel-number-{n:04}": 0.123456789 for n in range(1000)}
        cookie = {"cookie": f"ohmstead_session={server.admin.cookies['ohmstead_session']}"}
        for device in devices:
            device.send({"t": T, "v": wide})
        with small_window(server) as sock, live(server, cookie, sock=sock, max_queue=1, close_timeout=0.1):
            n, began = 0, time.monotonic()
            while server.metrics()["ohmstead_live_too_slow_total"] == 0:
                n += 1
                for device in devices:
                    device.send({"t": T + n, "v": wide})
                assert time.monotonic() - began < 60, "a view that is not read must end"

    def test_an_ending_server_says_goodbye(self, start_server: StartServer) -> None:
        server = start_server()
        with live(server) as view:
            frame(view)
            assert server.terminate() == 0
            assert close_code(view) in (1001, 1012)

    def test_the_live_door_is_a_websocket_only(self, server: RunningServer) -> None:
        assert server.admin.get("/live").status_code in (404, 405, 426)
        with pytest.raises(InvalidStatus):
            connect(f"ws://{server.host}:{server.http_port}/api/v1/nothing", proxy=None)
