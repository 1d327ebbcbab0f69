"""Contract §4: history."""

from typing import Any

import httpx
import pytest

from builders import now_ms, samples, serial
from system.running_server import AddedDevice, RunningServer

T = 1_763_682_000_000
MINUTE = 60_000
VALUES = [float(n) for n in range(60)]


@pytest.fixture(scope="module")
def device(server: RunningServer) -> AddedDevice:
    """`power` 0 … 59, one a minute from T on."""
    added = server.add_device(serial())
    assert added.send(samples(T, VALUES, step_ms=MINUTE)).status_code == 200
    return added


@pytest.fixture(scope="module")
def channel(device: AddedDevice) -> str:
    return str(device.channel("power")["id"])


def history(server: RunningServer, expected: int = 200, **query: Any) -> Any:
    query = {("from" if k == "start" else k): v for k, v in query.items()}
    answer = server.admin.get("/history", params=query)
    assert answer.status_code == expected, answer.text
    return answer.json()


class TestCharts:
    def test_buckets_hold_what_fell_into_them(self, server: RunningServer, channel: str) -> None:
        chart = history(server, channel=channel, start=T, to=T + 60 * MINUTE, points=6)
        assert (chart["channel"], chart["unit"], chart["kind"]) == (channel, "W", "gauge")
        assert chart["width_ms"] == 10 * MINUTE
        assert chart["t"] == [T + n * 10 * MINUTE for n in range(6)]
        assert chart["count"] == [10] * 6
        assert chart["min"] == [0, 10, 20, 30, 40, 50]
        assert chart["max"] == [9, 19, 29, 39, 49, 59]
        assert chart["mean"] == [4.5, 14.5, 24.5, 34.5, 44.5, 54.5]
        assert all(type(t) is int for t in chart["t"])
        assert "increase" not in chart
        assert isinstance(chart["tier"], str)

    def test_empty_buckets_are_absent(self, server: RunningServer, channel: str) -> None:
        chart = history(server, channel=channel, start=T - 60 * MINUTE, to=T + 120 * MINUTE, points=18)
        assert min(chart["t"]) >= T - chart["width_ms"]
        assert all(chart["count"])
        assert sum(chart["count"]) == 60

    def test_a_span_without_samples_is_an_empty_chart(self, server: RunningServer, channel: str) -> None:
        chart = history(server, channel=channel, start=1, to=2)
        assert (chart["t"], chart["count"], chart["mean"]) == ([], [], [])

    @pytest.mark.parametrize(("start", "to", "count"), [(0, 1, 1), (0, 0, None), (1, MINUTE, 0), (1, MINUTE + 1, 1)])
    def test_spans_are_half_open(
        self, server: RunningServer, channel: str, start: int, to: int, count: int | None
    ) -> None:
        if count is None:
            history(server, 422, channel=channel, start=T + start, to=T + to)
        else:
            assert sum(history(server, channel=channel, start=T + start, to=T + to)["count"]) == count

    def test_about_as_many_buckets_as_points(self, server: RunningServer, channel: str) -> None:
        for points in (1, 7, 60, 1000, 10_000):
            chart = history(server, channel=channel, start=T, to=T + 60 * MINUTE, points=points)
            assert len(chart["t"]) <= points + 1
            assert sum(chart["count"]) == 60

    def test_one_object_or_a_list(self, server: RunningServer, device: AddedDevice, channel: str) -> None:
        other = server.add_device(serial())
        other.send({"t": T, "v": {"energy": 5}})
        second = other.channel("energy")["id"]
        both = history(server, channel=[second, channel], start=T, to=T + 1)
        assert [c["channel"] for c in both] == [second, channel]
        assert [c["kind"] for c in both] == ["counter", "gauge"]
        assert isinstance(history(server, channel=channel, start=T, to=T + 1), dict)

    def test_counters_tell_their_increase(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        device.send(samples(T, [100, 101, 103, 106, 110], key="energy", step_ms=MINUTE))
        chart = history(server, channel=device.channel("energy")["id"], start=T, to=T + 5 * MINUTE, points=5)
        assert sum(chart["increase"]) == 10
        assert chart["increase"][1:] == [1, 2, 3, 4], "a step belongs to the bucket of its later sample"

    def test_the_step_from_before_the_span_counts_in_it(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        device.send(samples(T, [100, 101, 103], key="energy", step_ms=MINUTE))
        query = {"channel": device.channel("energy")["id"], "start": T + MINUTE, "to": T + 3 * MINUTE}
        assert sum(history(server, **query, points=1)["increase"]) == 3

    def test_a_reset_is_counted_from_zero_and_a_dip_adds_nothing(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        registers = [1000, 1010, 5, 15, 20, 30, 40, 50]
        device.send(samples(T, registers, key="energy", step_ms=20 * MINUTE))
        query = {"start": T, "to": T + 1000 * MINUTE, "points": 1}
        assert sum(history(server, channel=device.channel("energy")["id"], **query)["increase"]) == 60
        dip = server.add_device(serial())
        dip.send(samples(T, [1000, 1010, 0, 1011, 1012], key="energy", step_ms=1000))
        assert sum(history(server, channel=dip.channel("energy")["id"], **query)["increase"]) == 12


class TestTimes:
    @pytest.mark.parametrize(
        ("start", "to"),
        [
            (T, T + 5 * MINUTE),
            ("2025-11-20T23:40:00Z", "2025-11-20T23:45:00Z"),
            ("2025-11-21T00:40:00+01:00", "2025-11-21T00:45:00+01:00"),
            ("2025-11-20T23:40:00.000Z", T + 5 * MINUTE),
            (T + 0.25, f"{T + 5 * MINUTE}.000"),
        ],
    )
    def test_ms_or_rfc_3339(self, server: RunningServer, channel: str, start: Any, to: Any) -> None:
        assert history(server, channel=channel, start=start, to=to, raw=True)["value"] == VALUES[:5]

    def test_an_unescaped_plus_is_understood(self, server: RunningServer, channel: str) -> None:
        query = f"channel={channel}&from=2025-11-21T00:40:00+01:00&to=2025-11-21T00:45:00+01:00&raw=true"
        assert server.admin.get(f"/history?{query}").json()["value"] == VALUES[:5]

    @pytest.mark.parametrize(
        "bad", ["yesterday", "2025-13-01T00:00:00Z", "1e3", "1.2.3", "5.", ".5", "-5", "9" * 30, "²"]
    )
    def test_what_is_no_time_is_422(self, server: RunningServer, channel: str, bad: str) -> None:
        history(server, 422, channel=channel, start=bad, to=T)
        history(server, 422, channel=channel, start=T, to=bad)

    def test_without_a_span_it_is_the_last_day(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        now = now_ms()
        device.send({"samples": [{"t": now - 25 * 60 * MINUTE, "v": {"power": 1}}, {"t": now, "v": {"power": 2}}]})
        assert history(server, channel=device.channel("power")["id"], raw=True)["value"] == [2]


class TestRaw:
    def test_every_sample_and_no_buckets(self, server: RunningServer, channel: str) -> None:
        series = history(server, channel=channel, start=T, to=T + 60 * MINUTE, raw=True, points=3)
        assert series.keys() >= {"channel", "unit", "kind", "tier", "t", "value"}
        assert (series["tier"], series["value"]) == ("raw", VALUES)
        assert series["t"] == [T + n * MINUTE for n in range(60)]
        assert "t_us" not in series
        assert "mean" not in series

    def test_as_doubles_without_a_loss(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        odd = [0.1, -0.0, 1e-300, 1.7976931348623157e308, 5e-324, 2**53 - 1.0, -1 / 3]
        device.send(samples(T, odd))
        assert history(server, channel=device.channel("power")["id"], start=T, to=T + MINUTE, raw=True)["value"] == odd

    def test_up_to_a_million_samples_else_422_naming_the_limit(self, server: RunningServer) -> None:
        device = server.add_device(serial())
        step = 125_000
        column = list(range(step))
        for n in range(8):
            columns = {"t0_us": (T + n * step) * 1000, "dt_us": 1000, "v": {"raw": column}}
            assert device.send({"columns": columns}).json()["accepted"] == step
        channel = device.channel("raw")["id"]
        query = {"channel": channel, "start": T, "to": T + 2_000_000, "raw": True}
        assert len(history(server, **query)["value"]) == 1_000_000
        device.send({"t": T + 1_500_000, "v": {"raw": 1}})
        refused = history(server, 422, **query)
        assert "1000000" in refused["detail"].replace(" ", "").replace(" ", "").replace(",", "")
        assert sum(history(server, channel=channel, start=T, to=T + 2_000_000, points=10)["count"]) == 1_000_001


class TestCaching:
    @pytest.mark.parametrize("raw", [False, True])
    def test_an_etag_that_lasts_until_the_data_change(self, server: RunningServer, raw: bool) -> None:
        device = server.add_device(serial())
        device.send({"t": T, "v": {"power": 1}})
        query: dict[str, Any] = {"channel": device.channel("power")["id"], "from": T, "to": T + 10, "raw": raw}
        first = server.admin.get("/history", params=query)
        etag = first.headers["etag"]
        again = server.admin.get("/history", params=query, headers={"if-none-match": etag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        other = server.admin.get("/history", params=query | {"to": T + 11}, headers={"if-none-match": etag})
        assert other.status_code == 200
        device.send({"t": T, "v": {"power": 2}})
        changed = server.admin.get("/history", params=query, headers={"if-none-match": etag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != etag
        assert "2" in changed.text

    @pytest.mark.parametrize("form", ["W/{}", '"other", {}', "*"])
    def test_every_form_of_if_none_match(self, server: RunningServer, channel: str, form: str) -> None:
        query = {"channel": channel, "from": T, "to": T + 10}
        etag = server.admin.get("/history", params=query).headers["etag"]
        asked = server.admin.get("/history", params=query, headers={"if-none-match": form.format(etag)})
        assert asked.status_code == 304

    def test_nobody_else_may_keep_it(self, server: RunningServer, channel: str) -> None:
        answer = server.admin.get("/history", params={"channel": channel})
        assert "private" in answer.headers["cache-control"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("", 422), ("channel=abc", 422), ("channel=999999", 404), ("channel=-1", 404),
            ("channel={c}&points=0", 422), ("channel={c}&points=10001", 422), ("channel={c}&points=x", 422),
            ("channel={c}&raw=perhaps", 422), ("channel={c}&from=5&to=4", 422), ("channel=" + "9" * 40, 404),
            ("&".join(["channel={c}"] * 51), 422),
        ],
    )  # fmt: skip
    def test_each_with_its_problem(self, server: RunningServer, channel: str, query: str, status: int) -> None:
        answer = server.admin.get("/history?" + query.replace("{c}", channel))
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"

    def test_nobody_reads_without_credentials(self, server: RunningServer, channel: str) -> None:
        assert httpx.get(f"{server.api}/history", params={"channel": channel}).status_code == 401
