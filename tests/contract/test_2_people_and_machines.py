"""Contract §2: people, machines, and who may do what; design §9 for cookies and origins."""

import time
from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from builders import now_ms, serial
from system.running_server import ADMIN_PASSWORD, RunningServer
from system.starting import StartServer

PASSWORD = "long enough for anyone"
PROBLEM = "application/problem+json"
names = count(1)


def problem(answer: httpx.Response, status: int) -> str:
    """The detail of a problem document with `status`."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= body.keys()
    return str(body["detail"])


def log_in(server: RunningServer, username: str, password: str, **headers: str) -> httpx.Response:
    body = {"username": username, "password": password}
    return httpx.post(f"{server.api}/auth/login", json=body, headers=headers)


def person(server: RunningServer, role: str) -> httpx.Client:
    """A signed-in client of a new user; `.headers["x-user"]` is the user's id."""
    username = f"{role}{next(names)}"
    made = server.admin.post("/users", json={"username": username, "password": PASSWORD, "role": role})
    assert made.status_code == 201, made.text
    client = server.client()
    assert client.post("/auth/login", json={"username": username, "password": PASSWORD}).status_code == 200
    client.headers["x-user"] = client.get("/auth/me").json()["user"]["id"]
    return client


def token(server: RunningServer, *scopes: str, device: str | None = None) -> httpx.Client:
    body = {"name": "test", "scopes": scopes} | ({} if device is None else {"device": device})
    made = server.admin.post("/tokens", json=body)
    assert made.status_code == 201, made.text
    return server.client(made.json()["token"])


class TestSessions:
    def test_login_me_logout(self, server: RunningServer) -> None:
        client = server.client()
        problem(client.get("/auth/me"), 401)
        answer = client.post("/auth/login", json={"username": "admin", "password": ADMIN_PASSWORD})
        user = answer.json()["user"]
        assert answer.status_code == 200
        assert (user["username"], user["role"], type(user["id"])) == ("admin", "admin", str)
        assert client.get("/auth/me").json() == {"user": user}
        stolen = dict(client.cookies)
        assert client.post("/auth/logout").status_code == 204
        problem(client.get("/auth/me"), 401)
        problem(httpx.get(f"{server.api}/auth/me", cookies=stolen), 401)

    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self, server: RunningServer) -> None:
        flags = [
            part.strip().lower() for part in log_in(server, "admin", ADMIN_PASSWORD).headers["set-cookie"].split(";")
        ]
        assert "httponly" in flags
        assert "samesite=lax" in flags
        assert "path=/" in flags
        assert "secure" not in flags, "over plain HTTP the browser would not send it back"
        assert any(flag.startswith("max-age=") for flag in flags)

    def test_a_session_outlives_a_restart_and_is_not_kept_in_the_clear(self, start_server: StartServer) -> None:
        server = start_server()
        cookie = dict(server.admin.cookies)["ohmstead_session"]
        server.restart()
        assert server.admin.get("/auth/me").status_code == 200
        server.terminate()
        assert cookie.encode() not in (server.data_dir / "ohmstead.db").read_bytes()
        assert ADMIN_PASSWORD.encode() not in (server.data_dir / "ohmstead.db").read_bytes()

    def test_a_wrong_name_and_a_wrong_password_cannot_be_told_apart(self, server: RunningServer) -> None:
        wrong_name = log_in(server, "nobody", "whatever it is")
        wrong_password = log_in(server, "admin", "whatever it is")
        assert problem(wrong_name, 401) == problem(wrong_password, 401)
        assert "set-cookie" not in wrong_name.headers
        assert log_in(server, "admin", ADMIN_PASSWORD).status_code == 200

    def test_guessing_is_slowed_down_with_429_and_retry_after(self, start_server: StartServer) -> None:
        server = start_server()
        answers = [log_in(server, "admin", f"guess number {n}") for n in range(8)]
        assert [a.status_code for a in answers[:5]] == [401] * 5
        assert answers[-1].status_code == 429
        problem(answers[-1], 429)
        wait = int(answers[-1].headers["retry-after"])
        assert wait >= 1
        assert log_in(server, "admin", ADMIN_PASSWORD).status_code == 429, "the right password waits as well"
        time.sleep(wait + 0.1)
        assert log_in(server, "admin", ADMIN_PASSWORD).status_code == 200


class TestOrigin:
    def test_behind_a_trusted_proxy_with_https_the_cookie_is_secure(self, start_server: StartServer) -> None:
        server = start_server(env={"OHMSTEAD_TRUSTED_PROXIES": "127.0.0.1/32"})
        body = {"username": "admin", "password": ADMIN_PASSWORD}
        for told, secure in (("https", True), ("http", False)):
            headers = {"x-forwarded-proto": told, "x-forwarded-for": "192.168.1.7"}
            answer = httpx.post(f"{server.api}/auth/login", json=body, headers=headers)
            assert ("secure" in answer.headers["set-cookie"].lower()) == secure

    def test_another_site_changes_nothing_with_a_cookie(self, server: RunningServer) -> None:
        evil = {"origin": "http://evil.example"}
        problem(server.admin.post("/devices", json={"serial": serial()}, headers=evil), 403)
        problem(log_in(server, "admin", ADMIN_PASSWORD, **evil), 403)
        problem(server.admin.post("/auth/logout", headers=evil), 403)
        problem(server.admin.post("/devices", json={"serial": serial()}, headers={"origin": "null"}), 403)
        assert server.admin.get("/auth/me").status_code == 200

    def test_our_own_page_does_whatever_its_scheme(self, server: RunningServer) -> None:
        for scheme in ("http", "https"):  # a proxy may speak TLS for us: the host decides
            own = {"origin": f"{scheme}://127.0.0.1:{server.http_port}"}
            assert server.admin.post("/devices", json={"serial": serial()}, headers=own).status_code == 201

    def test_reading_and_tokens_do_not_ask_where_from(self, server: RunningServer) -> None:
        evil = {"origin": "http://evil.example"}
        assert server.admin.get("/devices", headers=evil).status_code == 200
        device = server.add_device(serial())
        assert device.http.post("/telemetry", json={"v": {"power": 1}}, headers=evil).status_code == 200


class TestTokens:
    def test_made_listed_used_and_deleted(self, server: RunningServer) -> None:
        made = server.admin.post("/tokens", json={"name": "reader", "scopes": ["read"]})
        assert made.status_code == 201
        body = made.json()
        listed = server.admin.get("/tokens").json()
        mine = next(t for t in listed if t["id"] == body["id"])
        assert body["token"] not in str(listed), "a token is shown once"
        assert (mine["name"], mine["scopes"], mine["device"]) == ("reader", ["read"], None)
        reader = server.client(body["token"])
        assert reader.get("/devices").status_code == 200
        seen = next(t for t in server.admin.get("/tokens").json() if t["id"] == body["id"])
        assert seen["last_used_at"] is not None
        assert server.admin.delete(f"/tokens/{body['id']}").status_code == 204
        problem(reader.get("/devices"), 401)
        problem(server.admin.delete(f"/tokens/{body['id']}"), 404)

    def test_an_expired_token_is_none(self, server: RunningServer) -> None:
        body = {"name": "brief", "scopes": ["read"], "expires_at": now_ms() + 300}
        client = server.client(server.admin.post("/tokens", json=body).json()["token"])
        assert client.get("/devices").status_code == 200
        time.sleep(0.35)
        problem(client.get("/devices"), 401)

    @pytest.mark.parametrize(
        "body",
        [
            {"name": "x", "scopes": []},
            {"name": "x", "scopes": ["root"]},
            {"name": "x", "scopes": ["device"]},
            {"name": "x", "scopes": ["read"], "expires_at": "soon"},
            {"scopes": ["read"]},
        ],
    )
    def test_what_is_no_token_is_422(self, server: RunningServer, body: dict[str, object]) -> None:
        problem(server.admin.post("/tokens", json=body), 422)

    @pytest.mark.parametrize("device", ["999999", "²", "-1", "", "9" * 5000])
    def test_a_token_of_a_device_that_is_not_there_is_refused(self, server: RunningServer, device: str) -> None:
        answer = server.admin.post("/tokens", json={"name": "x", "scopes": ["device"], "device": device})
        assert answer.status_code in (404, 422)

    def test_tokens_are_kept_as_digests(self, start_server: StartServer) -> None:
        server = start_server()
        device = server.add_device("kept")
        server.terminate()
        assert device.token.encode() not in (server.data_dir / "ohmstead.db").read_bytes()

    def test_a_device_token_reaches_its_own_device_only(self, server: RunningServer) -> None:
        mine, other = server.add_device(serial()), server.add_device(serial())
        problem(mine.http.get("/devices"), 403)
        problem(mine.http.get(f"/devices/{other.id}"), 404)
        problem(mine.http.post("/devices", json={"serial": serial()}), 403)
        problem(mine.http.get("/audit"), 403)

    @pytest.mark.parametrize("header", ["Bearer", "bearer x", "Basic YTpi", "Token x", "Bearer \xff"])
    def test_a_wrong_header_is_401_even_with_a_good_cookie(self, server: RunningServer, header: str) -> None:
        answer = server.admin.get("/devices", headers={"authorization": header.encode("latin-1")})
        problem(answer, 401)


# Who may do what, whatever the object: (method, path, body) → statuses of viewer, operator, admin, `read` token.
MATRIX = [
    ("GET", "/devices", None, 200, 200, 200, 200),
    ("POST", "/devices", {"serial": "@"}, 403, 201, 201, 403),
    ("GET", "/sites", None, 200, 200, 200, 200),
    ("PATCH", "/sites/1", {"name": "Home"}, 403, 403, 200, 403),
    ("PATCH", "/sites", {"name": "Home"}, 403, 403, 200, 403),
    ("GET", "/tokens", None, 403, 403, 200, 403),
    ("POST", "/tokens", {"name": "x", "scopes": ["read"]}, 403, 403, 201, 403),
    ("GET", "/users", None, 403, 403, 200, 403),
    ("POST", "/users", {"username": "@", "password": PASSWORD, "role": "viewer"}, 403, 403, 201, 403),
    ("GET", "/audit", None, 403, 403, 200, 403),
    ("GET", "/system", None, 403, 200, 200, 403),
    ("GET", "/time", None, 200, 200, 200, 200),
    ("GET", "/auth/me", None, 200, 200, 200, 401),
    ("POST", "/devices/{claimed}/rotate-token", None, 404, 200, 200, 403),
    ("PATCH", "/devices/{claimed}", {"name": "Renamed"}, 404, 200, 200, 403),
    ("PATCH", "/devices/{claimed}", {"groups": ["Cellar"]}, 404, 200, 200, 403),
    ("POST", "/devices/{unclaimed}/claim", None, 404, 200, 200, 404),
    ("GET", "/devices/{claimed}", None, 404, 200, 200, 200),
    ("DELETE", "/devices/{claimed}", None, 404, 403, 204, 403),
]


@pytest.fixture(scope="module")
def askers(server: RunningServer) -> list[httpx.Client]:
    """A viewer, an operator, an admin and a `read` token, as in the matrix."""
    return [*(person(server, role) for role in ("viewer", "operator")), server.admin, token(server, "read")]


class TestRoles:
    @pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row[0]} {row[1]}")
    def test_matrix(self, server: RunningServer, askers: list[httpx.Client], row: tuple[object, ...]) -> None:
        method, path, body, *expected = row
        found = []
        for asker in askers:
            claimed = server.add_device(serial()).id if "{claimed}" in str(path) else ""
            unclaimed = tokenless(server) if "{unclaimed}" in str(path) else ""
            filled = str(path).format(claimed=claimed, unclaimed=unclaimed)
            sent = {k: serial("made") if v == "@" else v for k, v in body.items()} if isinstance(body, dict) else None
            found.append(asker.request(str(method), filled, json=sent).status_code)
        assert found == expected

    @pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row[0]} {row[1]}")
    def test_nobody_gets_401(self, server: RunningServer, row: tuple[object, ...]) -> None:
        method, path, body, *_ = row
        answer = httpx.request(str(method), server.api + str(path).format(claimed=1, unclaimed=1), json=body)
        assert answer.status_code == (200 if path == "/time" else 401)

    def test_a_viewer_sees_what_is_assigned_in_every_door(self, server: RunningServer) -> None:
        viewer = person(server, "viewer")
        mine, other = server.add_device(serial()), server.add_device(serial())
        for device in (mine, other):
            assert device.send({"v": {"power": 5.0}}).status_code == 200
        assert viewer.get("/devices").json()["items"] == []
        assigned = server.admin.post(f"/devices/{mine.id}/assign", json={"user_id": viewer.headers["x-user"]})
        assert assigned.status_code == 200, assigned.text
        assert [d["serial"] for d in viewer.get("/devices").json()["items"]] == [mine.serial]
        assert viewer.get(f"/devices/{mine.id}").status_code == 200
        assert viewer.get(f"/devices/{other.id}").status_code == 404
        asked = {"channel": [mine.channel("power")["id"], other.channel("power")["id"]]}
        assert viewer.get("/history", params=asked).status_code == 404
        assert viewer.get("/history", params={"channel": asked["channel"][0]}).status_code == 200
        assert viewer.patch(f"/devices/{mine.id}", json={"name": "Mine now"}).status_code == 403

    def test_unclaimed_devices_are_for_those_who_may_claim(self, server: RunningServer) -> None:
        device = tokenless(server)
        assert person(server, "viewer").get(f"/devices/{device}").status_code == 404
        assert person(server, "operator").get(f"/devices/{device}").status_code == 200

    def test_the_last_admin_stays(self, server: RunningServer) -> None:
        me = server.admin.get("/auth/me").json()["user"]["id"]
        problem(server.admin.patch(f"/users/{me}", json={"role": "viewer"}), 409)
        problem(server.admin.delete(f"/users/{me}"), 409)

    def test_a_demoted_or_deleted_user_loses_at_once(self, server: RunningServer) -> None:
        operator = person(server, "operator")
        user = operator.headers["x-user"]
        assert server.admin.patch(f"/users/{user}", json={"role": "viewer"}).status_code == 200
        assert operator.post("/devices", json={"serial": serial()}).status_code == 403
        assert server.admin.delete(f"/users/{user}").status_code == 204
        assert operator.get("/devices").status_code == 401


def tokenless(server: RunningServer) -> str:
    """The id of a new unclaimed device."""
    name = serial("logger")
    answer = httpx.post(f"{server.url}/data?device={name}", json={"timestamp": "10:00:00.000", "current": 1.0})
    assert answer.status_code == 200, answer.text
    return str(server.device(name)["id"])


class TestTheRest:
    def test_every_change_by_a_person_is_in_the_audit_log(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        server.admin.patch(f"/devices/{device.id}", json={"name": "Cellar"})
        server.admin.post(f"/devices/{device.id}/rotate-token")
        server.admin.delete(f"/devices/{device.id}")
        mine = [e for e in server.admin.get("/audit").json() if e["subject"] == device.serial]
        assert len(mine) >= 4, mine
        assert {e["actor"] for e in mine} == {"admin"}
        assert all(abs(e["at"] - now_ms()) < 60_000 for e in mine)

    @pytest.mark.parametrize("before", ["0", "-1", str(2**63), str(2**70), "x"])
    def test_the_audit_log_takes_any_number(self, server: RunningServer, before: str) -> None:
        assert server.admin.get("/audit", params={"before": before}).status_code in (200, 422)

    def test_time_needs_no_login(self, server: RunningServer) -> None:
        body = httpx.get(f"{server.api}/time").json()
        assert abs(body["now"] - now_ms()) < 2000
        assert body["trusted"] is True

    def test_the_default_site_and_its_zone(self, server: RunningServer) -> None:
        (site,) = server.admin.get("/sites").json()
        changed = server.admin.patch(f"/sites/{site['id']}", json={"zone": "Europe/Budapest"})
        assert changed.json()["zone"] == "Europe/Budapest"
        problem(server.admin.patch(f"/sites/{site['id']}", json={"zone": "Mars/Olympus"}), 422)
        problem(server.admin.patch("/sites/77", json={"zone": "UTC"}), 404)
        assert server.admin.get("/sites").json()[0]["zone"] == "Europe/Budapest"
        assert server.admin.patch("/sites", json={"zone": "Europe/Vienna"}).json()["id"] == site["id"]
        assert server.admin.get("/sites").json()[0]["zone"] == "Europe/Vienna"

    def test_an_unknown_path_is_a_problem_document(self, server: RunningServer) -> None:
        problem(server.admin.get("/nothing/here"), 404)
        problem(server.admin.post("/auth/me"), 405)
        for path in ("/nothing", "/nothing/here", "/api/nothing", "/api/v2/devices"):
            problem(httpx.post(server.url + path, content=b"x", headers={"content-type": "text/plain"}), 404)
            problem(httpx.post(server.url + path, json={}), 404)

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [("GET", "/api/v1/telemetry", "POST"), ("PUT", "/api/v1/devices", "GET, HEAD, POST"),
         ("PUT", "/api/v1/devices/1", "DELETE, GET, HEAD, PATCH"), ("GET", "/data", "POST"),
         ("DELETE", "/", "GET, HEAD"), ("DELETE", "/some/page", "GET, HEAD"), ("POST", "/metrics", "GET, HEAD")],
    )  # fmt: skip
    def test_405_says_what_is_allowed(self, server: RunningServer, method: str, path: str, allowed: str) -> None:
        answer = httpx.request(method, server.url + path)
        problem(answer, 405)
        assert answer.headers["allow"] == allowed

    @pytest.mark.parametrize("path", ["/healthz", "/api/v1/time", "/api/v1/auth/me", "/", "/api/openapi.json"])
    def test_head_is_get_without_a_body(self, server: RunningServer, path: str) -> None:
        head, got = httpx.head(server.url + path), httpx.get(server.url + path)
        assert (head.status_code, head.headers["content-type"]) == (got.status_code, got.headers["content-type"])
        assert head.content == b""

    def test_no_route_redirects(self, server: RunningServer) -> None:
        for path in ("/api/v1/devices/", "/api/v1/telemetry/", "/data/", "/api/v1"):
            answer = httpx.post(server.url + path, json={})
            assert not answer.is_redirect, path


@pytest.fixture(scope="module", autouse=True)
def _no_tracebacks(server: RunningServer) -> Iterator[None]:
    yield
    assert "Traceback" not in server.printed()
