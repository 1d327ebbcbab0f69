"""Contract §3: telemetry over HTTP in the native dialect."""

import gzip
import json
import time
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from builders import now_ms, samples, serial
from system.running_server import AddedDevice, RunningServer
from system.starting import StartServer

T = 1_763_682_000_123
MINUTE = 60_000


@pytest.fixture
def device(server: RunningServer) -> AddedDevice:
    return server.add_device(serial())


def taken(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert body.keys() == {"accepted", "duplicates", "rejected"}
    return body


def refused(answer: httpx.Response, status: int) -> httpx.Response:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    return answer


class TestShapes:
    def test_single(self, device: AddedDevice) -> None:
        answer = device.send({"t": T, "v": {"power": 283.9, "voltage": 230.1}})
        assert taken(answer) == {"accepted": 2, "duplicates": 0, "rejected": []}
        assert device.stored("power") == [(T, 283.9)]
        assert device.stored("voltage") == [(T, 230.1)]

    def test_samples_with_announced_channels(self, device: AddedDevice) -> None:
        before = now_ms()
        message = {
            "boot": "9f2c",
            "seq": 41,
            "channels": [{"key": "power", "quantity": "power", "unit": "W", "decimals": 1}],
            "samples": [{"t": T, "v": {"power": 283.9}}, {"age_ms": 500, "v": {"power": 281.0}}],
        }
        assert taken(device.send(message))["accepted"] == 2
        first, second = device.stored("power")
        assert first == (T, 283.9)
        assert second[1] == 281.0
        assert before - 600 <= second[0] <= now_ms() - 500

    def test_columns_finer_than_a_millisecond(self, device: AddedDevice, server: RunningServer) -> None:
        columns = {"t0_us": T * 1000 + 7, "dt_us": 500, "v": {"left": [1, 2, 3], "right": [4, 5, 6]}}
        assert taken(device.send({"boot": "9f2c", "seq": 42, "columns": columns}))["accepted"] == 6
        series = server.raw(device.channel("right")["id"])
        assert series["value"] == [4, 5, 6]
        assert series["t_us"] == [T * 1000 + 7, T * 1000 + 507, T * 1000 + 1007]
        assert series["t"] == [T, T, T + 1]

    def test_samples_may_carry_different_keys(self, device: AddedDevice) -> None:
        message = {"samples": [{"t": T, "v": {"a": 1}}, {"t": T, "v": {"b": 2}}, {"t": T + 1, "v": {"a": 3, "b": 4}}]}
        assert taken(device.send(message))["accepted"] == 4
        assert device.stored("a") == [(T, 1), (T + 1, 3)]
        assert device.stored("b") == [(T, 2), (T + 1, 4)]

    def test_nothing_to_store_is_a_message_too(self, device: AddedDevice) -> None:
        assert taken(device.send({"samples": []})) == {"accepted": 0, "duplicates": 0, "rejected": []}
        assert taken(device.send({"channels": [{"key": "power"}]}))["accepted"] == 0

    def test_a_sample_out_of_order_is_late_not_lost(self, device: AddedDevice) -> None:
        for t in (T + 2000, T, T + 1000):
            taken(device.send({"t": t, "v": {"power": t - T}}))
        assert device.stored("power") == [(T, 0), (T + 1000, 1000), (T + 2000, 2000)]

    def test_of_the_same_instant_the_last_acknowledged_value_wins(self, device: AddedDevice) -> None:
        for value in (1, 2, 3):
            assert taken(device.send({"t": T, "v": {"power": value}}))["accepted"] == 1, "stored before, counts as new"
        assert device.stored("power") == [(T, 3)]

    def test_the_last_value_is_the_newest_not_the_latest_to_arrive(self, device: AddedDevice) -> None:
        taken(device.send({"t": T + 1000, "v": {"power": 2}}))
        taken(device.send({"t": T, "v": {"power": 1}}))
        assert device.channel("power")["last"] == {"t": T + 1000, "value": 2}


class TestTime:
    def test_ms_us_rfc3339_and_zones(self, device: AddedDevice) -> None:
        told = [
            {"t": T},
            {"t_us": (T + 1) * 1000},
            {"t": "2025-11-20T23:40:00.125Z"},
            {"t": "2025-11-21T00:40:00.126+01:00"},
        ]
        taken(device.send({"samples": [one | {"v": {"power": n}} for n, one in enumerate(told)]}))
        assert device.stored("power") == [(T, 0), (T + 1, 1), (T + 2, 2), (T + 3, 3)]

    def test_without_a_time_it_is_the_arrival(self, device: AddedDevice) -> None:
        before = now_ms()
        taken(device.send({"v": {"power": 1}}))
        ((t, _),) = device.stored("power")
        assert before - 1 <= t <= now_ms()

    def test_arrivals_never_coincide(self, device: AddedDevice) -> None:
        for n in range(20):
            taken(device.send({"v": {"power": n}}))
        assert [v for _, v in device.stored("power")] == list(range(20))

    @pytest.mark.parametrize("t", [0, 1, 946_684_799_999, "1970-01-01T00:00:00Z", "1999-12-31T23:59:59.999Z"])
    def test_before_2000_is_rejected(self, device: AddedDevice, t: Any) -> None:
        body = taken(device.send({"samples": [{"t": t, "v": {"power": 1}}, {"t": T, "v": {"power": 2}}]}))
        assert body["accepted"] == 1
        assert [(r["index"], r["reason"]) for r in body["rejected"]] == [(0, "time")]
        assert device.stored("power") == [(T, 2)]

    @pytest.mark.parametrize("t", [946_684_800_000, "2000-01-01T00:00:00Z"])
    def test_2000_itself_is_not(self, device: AddedDevice, t: Any) -> None:
        assert taken(device.send({"t": t, "v": {"power": 1}}))["accepted"] == 1

    @pytest.mark.parametrize("ahead_ms", [11 * MINUTE, 86_400_000 * 365, 10**15])
    def test_far_ahead_of_a_trusted_clock_is_the_arrival_and_flagged(
        self, server: RunningServer, device: AddedDevice, ahead_ms: int
    ) -> None:
        before = now_ms()
        assert taken(device.send({"t": before + ahead_ms, "v": {"power": 1}}))["accepted"] == 1
        ((t, _),) = device.stored("power")
        assert before <= t <= now_ms()
        assert server.device(device.serial)["clock_flagged"] == 1

    def test_a_little_ahead_is_believed(self, server: RunningServer, device: AddedDevice) -> None:
        t = now_ms() + 9 * MINUTE
        taken(device.send({"t": t, "v": {"power": 1}}))
        assert device.stored("power") == [(t, 1)]
        assert server.device(device.serial)["clock_flagged"] == 0

    @pytest.mark.parametrize("t", ["yesterday", "", True, [], {}, "2025-13-01T00:00:00Z", float(10**300)])
    def test_what_is_no_time_is_the_arrival_and_flagged(
        self, server: RunningServer, device: AddedDevice, t: Any
    ) -> None:
        before = now_ms()
        assert taken(device.send({"t": t, "v": {"power": 1}}))["accepted"] == 1
        ((stored, _),) = device.stored("power")
        assert before <= stored <= now_ms()
        assert server.device(device.serial)["clock_flagged"] == 1


QUANTITIES = {
    "power": ("W", "gauge"), "apparent_power": ("VA", "gauge"), "reactive_power": ("var", "gauge"),
    "power_factor": ("1", "gauge"), "voltage": ("V", "gauge"), "current": ("A", "gauge"),
    "frequency": ("Hz", "gauge"), "temperature": ("°C", "gauge"), "humidity": ("%", "gauge"),
    "pressure": ("Pa", "gauge"), "illuminance": ("lx", "gauge"), "force": ("N", "gauge"),
    "mass": ("kg", "gauge"), "raw": ("counts", "gauge"), "signal": ("dBm", "gauge"),
    "memory": ("bytes", "gauge"), "battery": ("%", "gauge"), "duration": ("s", "gauge"),
    "generic": ("", "gauge"), "energy": ("Wh", "counter"), "energy_export": ("Wh", "counter"),
    "volume": ("m³", "counter"), "pulses": ("1", "counter"), "switch": ("", "state"),
    "state": ("", "state"), "presence": ("", "state"),
}  # fmt: skip


class TestQuantitiesAndUnits:
    def test_a_key_named_like_a_quantity_is_one(self, server: RunningServer, device: AddedDevice) -> None:
        taken(device.send({"v": dict.fromkeys(QUANTITIES, 1.0)}))
        found = {c["key"]: (c["quantity"], c["unit"], c["kind"]) for c in server.device(device.serial)["channels"]}
        assert found == {key: (key, *about) for key, about in QUANTITIES.items()}

    def test_any_other_key_is_generic(self, device: AddedDevice) -> None:
        taken(device.send({"v": {"wind ☁": 3}}))
        channel = device.channel("wind ☁")
        assert (channel["quantity"], channel["unit"], channel["kind"]) == ("generic", "", "gauge")

    @pytest.mark.parametrize(
        ("quantity", "unit", "sent", "canonical", "stored"),
        [
            ("power", "kW", 1.5, "W", 1500), ("current", "mA", 152.49, "A", 0.15249),
            ("energy", "kWh", 12.345, "Wh", 12345),
            ("temperature", "°F", 212, "°C", 100), ("temperature", "K", 273.15, "°C", 0),
            ("pressure", "hPa", 1013.25, "Pa", 101325),
            ("force", "kN", 2.5, "N", 2500), ("mass", "g", 250, "kg", 0.25), ("duration", "ms", 1500, "s", 1.5),
        ],
    )  # fmt: skip
    def test_announced_units_become_canonical_ones_once(
        self, device: AddedDevice, quantity: str, unit: str, sent: float, canonical: str, stored: float
    ) -> None:
        channels = [{"key": "x", "quantity": quantity, "unit": unit}]
        taken(device.send({"channels": channels, "samples": [{"t": T, "v": {"x": sent}}]}))
        taken(device.send({"t": T + 1, "v": {"x": sent}}))  # later messages need not announce again
        taken(device.send({"channels": channels, "samples": [{"t": T + 2, "v": {"x": sent}}]}))
        assert device.stored("x") == [(T, stored), (T + 1, stored), (T + 2, stored)]
        assert device.channel("x")["unit"] == canonical

    def test_a_unit_announced_anew_is_that_of_what_follows(self, device: AddedDevice) -> None:
        for n, (unit, value) in enumerate((("kWh", 1.5), ("Wh", 1600), ("MWh", 0.002))):
            channels = [{"key": "x", "quantity": "energy", "unit": unit}]
            taken(device.send({"channels": channels, "samples": [{"t": T + n, "v": {"x": value}}]}))
        taken(device.send({"channels": [{"key": "x"}], "samples": [{"t": T + 3, "v": {"x": 0.003}}]}))
        assert device.stored("x") == [(T, 1500), (T + 1, 1600), (T + 2, 2000), (T + 3, 3000)]

    def test_what_is_announced_after_its_first_sample_is_what_was_announced(self, device: AddedDevice) -> None:
        taken(device.send({"t": T, "v": {"oven": 180, "odd": 1}}))
        about = [{"key": "oven", "quantity": "temperature", "unit": "°C"}, {"key": "odd", "quantity": "odd"}]
        taken(device.send({"channels": about, "samples": [{"t": T + 1, "v": {"oven": 181}}]}))
        oven, odd = device.channel("oven"), device.channel("odd")
        assert (oven["quantity"], oven["unit"], oven["decimals"]) == ("temperature", "°C", 1)
        assert odd["quantity"] == "generic"
        assert device.stored("oven") == [(T, 180), (T + 1, 181)]

    def test_what_is_stored_of_a_counter_never_becomes_something_else(self, device: AddedDevice) -> None:
        for quantity in ("energy", "power"):
            taken(device.send({"channels": [{"key": "x", "quantity": quantity}], "samples": [{"t": T, "v": {"x": 1}}]}))
        assert (device.channel("x")["quantity"], device.channel("x")["kind"]) == ("energy", "counter")


class TestPartlyBad:
    def test_each_bad_sample_is_named_and_the_rest_is_kept(self, server: RunningServer, device: AddedDevice) -> None:
        before = server.metrics()["ohmstead_rejected_total"]
        message = {
            "samples": [
                {"t": T, "v": {"power": 1, "voltage": "high"}},
                {"t": 5, "v": {"power": 2}},
                "nonsense",
                {"t": T + 1, "v": {"power": None}},
                {"t": T + 2, "v": {"power": 3, "": 4}},
            ]
        }
        body = taken(device.send(message))
        named = {(r["index"], r.get("key"), r["reason"]) for r in body["rejected"]}
        assert {(0, "voltage"), (1, None), (2, None), (3, "power")} <= {(i, k) for i, k, _ in named}
        assert (1, None, "time") in named
        assert any(i == 4 for i, _, _ in named)
        assert body["accepted"] == 2
        assert device.stored("power") == [(T, 1), (T + 2, 3)]
        assert server.metrics()["ohmstead_rejected_total"] - before == len(body["rejected"])
        assert server.device(device.serial)["rejected"] == len(body["rejected"])

    def test_all_bad_is_still_200(self, device: AddedDevice) -> None:
        body = taken(device.send({"samples": [{"t": 5, "v": {"power": 2}}, {"t": T, "v": {"power": "x"}}]}))
        assert body["accepted"] == 0
        assert [r["index"] for r in body["rejected"]] == [0, 1]

    def test_repeats_inside_one_request_are_duplicates_and_the_last_stays(self, device: AddedDevice) -> None:
        message = {"samples": [{"t": T, "v": {"power": n}} for n in range(5)]}
        assert taken(device.send(message)) == {"accepted": 1, "duplicates": 4, "rejected": []}
        assert device.stored("power") == [(T, 4)]


class TestReplays:
    def test_a_committed_batch_is_known_by_boot_and_seq(self, device: AddedDevice) -> None:
        message = {"boot": "b1", "seq": 7, **samples(T, [1, 2, 3])}
        assert taken(device.send(message)) == {"accepted": 3, "duplicates": 0, "rejected": []}
        assert taken(device.send(message)) == {"accepted": 0, "duplicates": 3, "rejected": []}
        assert taken(device.send(message | {"boot": "b2"}))["accepted"] == 3
        assert taken(device.send(message | {"seq": 8}))["accepted"] == 3
        assert [v for _, v in device.stored("power")] == [1, 2, 3]

    def test_the_last_1024_are_remembered(self, device: AddedDevice) -> None:
        for seq in range(1025):
            taken(device.send({"boot": "b", "seq": seq, "t": T + seq, "v": {"power": seq}}))
        second = {"boot": "b", "seq": 1, "t": T + 1, "v": {"power": 1}}
        assert taken(device.send(second))["duplicates"] == 1

    def test_also_after_a_restart_and_a_kill(self, start_server: StartServer) -> None:
        server = start_server()
        device = server.add_device("replayer")
        first, second = ({"boot": "b", "seq": n, **samples(T + n * 10_000, [1, 2])} for n in (1, 2))
        taken(device.send(first))
        server.restart()
        assert taken(device.send(first))["duplicates"] == 2
        taken(device.send(second))
        server.kill()
        server.start()
        assert taken(device.send(first))["duplicates"] == 2
        assert taken(device.send(second))["duplicates"] == 2
        assert len(device.stored("power")) == 4

    def test_devices_do_not_share_numbers(self, server: RunningServer) -> None:
        one, other = server.add_device(serial()), server.add_device(serial())
        message = {"boot": "b", "seq": 1, "t": T, "v": {"power": 1}}
        assert taken(one.send(message))["accepted"] == 1
        assert taken(other.send(message))["accepted"] == 1


class TestStatusCodes:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"power=1",
            b"{'v':{}}",
            b'{"v":{"power":NaN}}',
            b'{"v":{"power":Infinity}}',
            b"\xff\xfe",
            b'{"v":{"a":1}}x',
        ],
    )
    def test_400_for_what_is_not_json(self, server: RunningServer, device: AddedDevice, body: bytes) -> None:
        before = server.metrics()["ohmstead_malformed_total"]
        refused(device.send_bytes(body), 400)
        assert server.metrics()["ohmstead_malformed_total"] == before + 1

    @pytest.mark.parametrize(
        "body",
        [[], 5, "x", None, {}, {"power": 1}, {"v": 5}, {"v": {}, "samples": []}, {"samples": {}}, {"columns": []}],
    )
    def test_422_for_what_is_no_telemetry(self, server: RunningServer, device: AddedDevice, body: Any) -> None:
        before = server.metrics()["ohmstead_malformed_total"]
        refused(device.send_bytes(json.dumps(body).encode()), 422)
        assert server.metrics()["ohmstead_malformed_total"] == before + 1

    def test_401_without_a_valid_token(self, server: RunningServer, device: AddedDevice) -> None:
        answer = refused(httpx.post(f"{server.api}/telemetry", json={"v": {"power": 1}}), 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        refused(server.client("ohd_invented").post("/telemetry", json={"v": {"power": 1}}), 401)
        refused(server.admin.post("/telemetry", json={"v": {"power": 1}}), 401)

    def test_401_with_a_token_that_was_rotated_away(self, server: RunningServer, device: AddedDevice) -> None:
        new = server.admin.post(f"/devices/{device.id}/rotate-token").json()["token"]
        refused(device.send({"v": {"power": 1}}), 401)
        assert taken(server.client(new).post("/telemetry", json={"v": {"power": 1}}))["accepted"] == 1

    def test_403_with_a_token_of_something_else(self, server: RunningServer) -> None:
        made = server.admin.post("/tokens", json={"name": "r", "scopes": ["read"]}).json()["token"]
        refused(server.client(made).post("/telemetry", json={"v": {"power": 1}}), 403)

    def test_413_for_too_much(self, server: RunningServer, device: AddedDevice) -> None:
        refused(device.send_bytes(b'{"v":{"power":1}}' + b" " * (8 * 1024 * 1024)), 413)
        assert taken(device.send_bytes(b'{"v":{"power":1}}' + b" " * (8 * 1024 * 1024 - 17)))["accepted"] == 1

    def test_413_for_too_much_without_a_length(self, device: AddedDevice) -> None:
        def pieces() -> Any:
            for _ in range(130):
                yield b" " * 65_536

        try:
            answer = device.http.post("/telemetry", content=pieces(), headers={"content-type": "application/json"})
        except httpx.TransportError:
            return  # it may hang up on who goes on sending
        refused(answer, 413)

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
    def test_415_for_another_type(self, device: AddedDevice, kind: str) -> None:
        refused(device.send_bytes(b'{"v":{"power":1}}', content_type=kind), 415)

    @pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
    def test_json_by_any_of_its_names(self, device: AddedDevice, kind: str) -> None:
        taken(device.send_bytes(b'{"v":{"power":1}}', content_type=kind))

    def test_405_for_another_method(self, server: RunningServer) -> None:
        assert httpx.get(f"{server.api}/telemetry").status_code == 405

    def test_429_for_too_many(self, start_server: StartServer) -> None:
        server = start_server(env={"OHMSTEAD_DEVICE_RATE": "5", "OHMSTEAD_DEVICE_BURST": "5"})
        device, calm = server.add_device("hasty"), server.add_device("calm")
        answers = [device.send({"t": T + n, "v": {"power": n}}) for n in range(20)]
        late = [a for a in answers if a.status_code == 429]
        assert late
        assert {a.status_code for a in answers} == {200, 429}
        assert int(refused(late[0], 429).headers["retry-after"]) >= 1
        taken(calm.send({"v": {"power": 1}}))
        assert len(device.stored("power")) == len(answers) - len(late)
        assert server.metrics()["ohmstead_throttled_total"] == len(late)


class TestGzip:
    BODY = json.dumps(samples(T, [1, 2, 3])).encode()

    def test_packed_is_the_same(self, device: AddedDevice) -> None:
        assert taken(device.send_bytes(gzip.compress(self.BODY), content_encoding="gzip"))["accepted"] == 3
        assert len(device.stored("power")) == 3

    def test_packed_in_several_members_is_the_same(self, device: AddedDevice) -> None:
        half = len(self.BODY) // 2
        body = gzip.compress(self.BODY[:half]) + gzip.compress(self.BODY[half:])
        assert taken(device.send_bytes(body, content_encoding="gzip"))["accepted"] == 3

    def test_a_bomb_is_413_and_does_no_harm(self, server: RunningServer, device: AddedDevice) -> None:
        assert server.process is not None
        bomb = gzip.compress(b" " * (256 << 20), 9)
        assert len(bomb) < 1 << 20
        began = time.monotonic()
        refused(device.send_bytes(bomb, content_encoding="gzip"), 413)
        assert time.monotonic() - began < 2
        peak_kb = next(
            int(line.split()[1])
            for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
            if line.startswith("VmHWM")
        )
        assert peak_kb < 400_000, "it must not be unpacked to its end"

    @pytest.mark.parametrize(
        ("body", "encoding", "status"),
        [
            (gzip.compress(BODY)[:-9], "gzip", 415),
            (b"plain", "gzip", 415),
            (zlib.compress(BODY), "gzip", 415),
            (BODY, "br", 415),
            (gzip.compress(BODY) + b"tail", "gzip", 415),
            (b"", "gzip", 415),
        ],
        ids=["cut off", "not packed", "zlib", "brotli", "with a tail", "empty"],
    )
    def test_broken_or_unknown_is_415(self, device: AddedDevice, body: bytes, encoding: str, status: int) -> None:
        refused(device.send_bytes(body, content_encoding=encoding), status)

    def test_identity_is_nothing_special(self, device: AddedDevice) -> None:
        taken(device.send_bytes(self.BODY, content_encoding="identity"))
