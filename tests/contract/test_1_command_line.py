"""Contract §1: the command line and the settings."""

import contextlib
import re
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from system.running_server import ADMIN_PASSWORD, RunningServer, ServerEnded, free_port, ohmstead
from system.starting import StartServer
from system.wire import MqttClient

LINK = re.compile(r"http://[\w.:]+/setup#([\w-]+)")


def log_in(server: RunningServer, username: str, password: str) -> httpx.Response:
    return httpx.post(f"{server.api}/auth/login", json={"username": username, "password": password})


def set_up(server: RunningServer, token: str, username: str = "sofia") -> httpx.Response:
    body = {"token": token, "username": username, "password": "a long enough one", "zone": "Europe/Budapest"}
    return httpx.post(f"{server.api}/setup", json=body)


def one_line(printed: str) -> str:
    """What was said on a failed start, without the log lines before it."""
    assert "Traceback" not in printed
    lines = [line for line in printed.splitlines() if line.startswith("ohmstead: ")]
    assert len(lines) == 1, printed
    return lines[0]


@pytest.mark.parametrize(
    "command",
    [
        (),
        *((name,) for name in ("serve", "demo", "simulate", "user", "token", "tls", "import", "export")),
        *((name,) for name in ("backup", "restore", "doctor", "bench", "firmware")),
        ("user", "link"),
        ("user", "rescue"),
        ("version",),
    ],
    ids=lambda c: " ".join(c) or "ohmstead",
)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    done = ohmstead(*command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


class TestTheFirstPerson:
    def test_the_password_of_the_environment_makes_an_admin_on_an_empty_database_only(
        self, start_server: StartServer
    ) -> None:
        server = start_server()
        answer = log_in(server, "admin", ADMIN_PASSWORD)
        assert answer.status_code == 200
        assert answer.json()["user"] | {"id": "x"} == {"id": "x", "username": "admin", "role": "admin"}
        server.env["OHMSTEAD_ADMIN_PASSWORD"] = "quite another one"
        server.restart()
        assert log_in(server, "admin", "quite another one").status_code == 401
        assert log_in(server, "admin", ADMIN_PASSWORD).status_code == 200

    def test_without_it_a_link_lets_exactly_one_person_in(self, start_server: StartServer) -> None:
        server = start_server(admin_password=None)
        printed = LINK.search(server.printed())
        assert printed is not None, server.printed()
        assert httpx.get(f"{server.api}/setup").json() == {"needed": True}
        assert log_in(server, "admin", "admin").status_code == 401
        assert set_up(server, "guessed").status_code == 403
        made = set_up(server, printed[1])
        assert made.status_code == 201, made.text
        assert made.json()["user"]["role"] == "admin"
        assert "ohmstead_session" in made.cookies
        assert set_up(server, printed[1], "second").status_code == 409
        assert httpx.get(f"{server.api}/setup").json() == {"needed": False}
        assert log_in(server, "sofia", "a long enough one").status_code == 200

    def test_a_new_link_ends_the_older_one_while_the_server_runs(self, start_server: StartServer) -> None:
        server = start_server(admin_password=None)
        first = LINK.search(server.printed())
        done = ohmstead("user", "link", "--data-dir", str(server.data_dir), "--url", server.url)
        second = LINK.search(done.stdout)
        assert first is not None
        assert second is not None
        assert second[0].startswith(server.url)
        assert set_up(server, first[1]).status_code == 403
        assert set_up(server, second[1]).status_code == 201

    def test_the_link_is_kept_as_a_digest(self, start_server: StartServer) -> None:
        server = start_server(admin_password=None)
        link = LINK.search(server.printed())
        assert link is not None
        kept = b"".join(p.read_bytes() for p in server.data_dir.iterdir() if p.is_file() and p.stat().st_size < 10**6)
        assert link[1].encode() not in kept

    def test_a_link_for_a_folder_that_is_not_there_says_so(self, tmp_path: Path) -> None:
        done = ohmstead("user", "link", "--data-dir", str(tmp_path / "nowhere"))
        assert done.returncode == 1
        assert "--data-dir" in one_line(done.stderr)

    def test_a_short_password_is_refused_at_the_start(self, tmp_path: Path) -> None:
        server = RunningServer(tmp_path / "data", admin_password="short")
        with pytest.raises(ServerEnded, match="exit 1"):
            server.start()
        assert "Traceback" not in server.printed()
        assert "short" not in server.printed().replace("too_short", ""), "secrets are never printed"


class TestPorts:
    def test_all_addresses_of_both_families_by_default(self, start_server: StartServer) -> None:
        server = start_server(bind=None)
        assert httpx.get(f"http://127.0.0.1:{server.http_port}/healthz").status_code == 200
        assert httpx.get(f"http://[::1]:{server.http_port}/healthz").status_code == 200

    def test_a_chosen_address_is_the_only_one(self, start_server: StartServer) -> None:
        server = start_server(bind="127.0.0.1")
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://[::1]:{server.http_port}/healthz")

    def test_http_port_may_be_given_several_times(self, start_server: StartServer) -> None:
        second = free_port()
        server = start_server(flags=["--http-port", str(second)])
        assert httpx.get(f"http://127.0.0.1:{second}/healthz").status_code == 200
        assert server.metrics()["ohmstead_can_write"] == 1

    def test_a_taken_default_port_is_skipped_and_shown(self, start_server: StartServer) -> None:
        with socket.socket(socket.AF_INET6) as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            try:
                other.bind(("::", 8000))
                other.listen()
            except OSError:
                pass  # somebody else has it: as good for us
            with socket.socket(socket.AF_INET6) as probe:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("::", 5000))
                except OSError:
                    pytest.skip("something on this machine listens at port 5000")
            server = start_server(default_ports=True, bind=None)
            lines = [line for line in server.printed().splitlines() if "8000" in line and "skipped" in line]
            assert lines
            shown = server.admin.get("/system").json()["ports"]
        states = {p["port"]: p["state"] for p in shown if p["kind"] == "http"}
        assert states == {8000: "skipped", 5000: "open"}

    def test_a_taken_port_that_was_asked_for_ends_with_one_line(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            server = RunningServer(tmp_path / "data", flags=["--http-port", str(other.getsockname()[1])])
            with pytest.raises(ServerEnded, match="exit 1"):
                server.start()
        assert "choose another one" in one_line(server.printed())

    @pytest.mark.parametrize("port", ["-1", "65536", "eighty"])
    def test_a_port_that_is_none_ends_with_a_line(self, tmp_path: Path, port: str) -> None:
        done = ohmstead("serve", "--data-dir", str(tmp_path / "data"), "--http-port", port, "--mqtt-port", "0")
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr + done.stdout
        assert done.stderr.strip()


class TestSettings:
    def test_environment_and_file_are_read_and_flags_outweigh_them(self, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        folder.mkdir()
        from_file, from_environment = free_port(), free_port()
        (folder / "ohmstead.toml").write_text(f"http_port = [{from_file}]\nmqtt_port = 0\nmax_body_bytes = 100\n")
        command = [*RunningServer(folder).command()[:6]]
        server = RunningServer(folder, mqtt=False)
        server.command = lambda: command  # type: ignore[method-assign]
        server.http_port = from_file
        with server:
            device = server.add_device("toml")
            assert device.send_bytes(b" " * 200).status_code == 413
            server.terminate()
        server.env["OHMSTEAD_HTTP_PORT"] = str(from_environment)
        server.http_port = from_environment
        with server:
            assert httpx.get(f"http://127.0.0.1:{from_environment}/healthz").status_code == 200

    @pytest.mark.parametrize(
        ("name", "value"),
        [("MAX_BODY_BYTES", "many"), ("ALLOWED_NETWORKS", "10.0.0.0/99"), ("ZONE", "Mars/Olympus")],
    )
    def test_a_setting_that_cannot_be_ends_without_a_traceback(self, tmp_path: Path, name: str, value: str) -> None:
        server = RunningServer(tmp_path / "data", env={f"OHMSTEAD_{name}": value})
        with pytest.raises(ServerEnded, match="exit 1"):
            server.start()
        assert "Traceback" not in server.printed()
        assert name.lower() in server.printed().lower()
        assert value in server.printed()

    def test_a_broken_settings_file_ends_without_a_traceback(self, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        folder.mkdir()
        (folder / "ohmstead.toml").write_text("http_port = [")
        server = RunningServer(folder)
        with pytest.raises(ServerEnded, match="exit 1"):
            server.start()
        assert "ohmstead.toml" in one_line(server.printed())


class TestOpenMqtt:
    async def test_any_client_may_use_any_topic_but_only_from_this_machine(self, start_server: StartServer) -> None:
        server = start_server(env={"OHMSTEAD_MQTT_OPEN": "1"}, bind=None)
        listener, speaker = MqttClient("127.0.0.1", server.mqtt_port), MqttClient("127.0.0.1", server.mqtt_port)
        assert await listener.connect("listener") == 0
        assert await listener.subscribe("#") == 0
        assert await speaker.connect("speaker") == 0
        await speaker.publish("any/topic", b"hello", retain=True)
        assert (await listener.message())[:2] == ("any/topic", b"hello")
        listener.close()
        speaker.close()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.2", server.mqtt_port), 2)

    def test_with_an_address_of_others_it_is_an_error(self, tmp_path: Path) -> None:
        server = RunningServer(tmp_path / "data", env={"OHMSTEAD_MQTT_OPEN": "1", "OHMSTEAD_MQTT_HOST": "0.0.0.0"})
        with pytest.raises(ServerEnded, match="exit 1"):
            server.start()
        assert "OHMSTEAD_MQTT_OPEN" in one_line(server.printed())

    async def test_denied_filters_are_refused(self, start_server: StartServer) -> None:
        server = start_server(env={"OHMSTEAD_MQTT_OPEN": "1", "OHMSTEAD_MQTT_DENY": "secret/#,test/nosubscribe"})
        client = MqttClient("127.0.0.1", server.mqtt_port)
        assert await client.connect("tester") == 0
        assert await client.subscribe("test/nosubscribe") == 0x80
        assert await client.subscribe("secret/of/mine") == 0x80
        assert await client.subscribe("test/other") == 0
        client.close()


class TestTheEnd:
    def test_sigterm_ends_with_0_within_five_seconds_although_connections_are_open(
        self, start_server: StartServer
    ) -> None:
        server = start_server()
        token = server.add_device("half").token
        with contextlib.ExitStack() as open_sockets:
            for port in (server.http_port, server.mqtt_port) * 20:
                open_sockets.enter_context(socket.create_connection(("127.0.0.1", port)))
            half = open_sockets.enter_context(socket.create_connection(("127.0.0.1", server.http_port)))
            half.sendall(
                b"POST /api/v1/telemetry HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
                + token.encode()
                + b"\r\ncontent-length: 100\r\n\r\n{"
            )
            began = time.monotonic()
            assert server.terminate(timeout=6) == 0
            assert time.monotonic() - began < 5
        assert "Traceback" not in server.printed()

    def test_sigint_is_the_same(self, start_server: StartServer) -> None:
        server = start_server()
        server.signal(2)
        assert server.wait(6) == 0
        assert "Traceback" not in server.printed()

    def test_a_signal_during_the_start_ends_the_process(self, tmp_path: Path) -> None:
        server = RunningServer(tmp_path / "data")
        process = subprocess.Popen(server.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        time.sleep(0.3)
        process.terminate()
        printed, _ = process.communicate(timeout=10)
        assert process.returncode in (0, -15)
        assert "Traceback" not in printed
