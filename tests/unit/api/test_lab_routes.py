"""A session of the force lab over the API, as the dashboard does it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from unit.services.lab_rig import Rig


@pytest.fixture
async def api(world: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = world.app
    admin = await app.people.set_up(app.setup.renew(), "admin", "correct horse battery", "")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app.front),
        base_url="http://testserver/api/v1",
        headers={"cookie": f"ohmstead_session={admin.cookie}"},
    ) as client:
        yield client


async def ask(api: httpx.AsyncClient, method: str, path: str, status: int = 200, **options: Any) -> Any:
    answer = await api.request(method, path, **options)
    assert answer.status_code == status, (path, answer.text)
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.content


async def a_trial(world: Any, api: httpx.AsyncClient, rig: Rig, recording: str) -> dict[str, Any]:
    rig.pull_from_ms = rig.made_ms
    trial = await ask(api, "POST", f"/recordings/{recording}/trials", 201, json={"pre_s": 0.2})
    await rig.stream(7.0)
    await ask(api, "POST", f"/trials/{trial['id']}/stop", params={"wait": False})
    await rig.stream(2.0)  # and stands still again
    found: dict[str, Any] = await ask(api, "GET", f"/trials/{trial['id']}")
    return found


async def test_a_whole_session(world: Any, api: httpx.AsyncClient) -> None:
    rig = await Rig.connected(world)
    await rig.stream(0.5)
    (device,) = await ask(api, "GET", "/force-devices")
    assert (device["connected"], device["streaming"], device["serial"]) == (True, True, "10.0.0.5")
    assert device["nominal_hz"] == pytest.approx(1000, rel=1e-3)
    channels = [channel["id"] for channel in device["channels"]]
    for channel, slope in zip(channels, (0.001, 0.0008), strict=True):
        zero = -12_700.0 if channel == channels[0] else -17_500.0
        points = [{"mass_kg": kg, "counts": zero + kg * 9.80665 / slope} for kg in (0, 10, 20, 40)]
        body = {"channel_id": channel, "method": "multi-point", "points": points, "temperature_c": 21.0}
        calibration = await ask(api, "POST", "/calibrations", 201, json=body)
        assert calibration["newtons_per_count"] == pytest.approx(slope)
        assert calibration["holds"] is True
        assert calibration["linearity_percent"] == pytest.approx(0.0, abs=1e-6)
    certificate = await ask(api, "GET", f"/calibrations/{calibration['id']}/certificate.pdf")
    assert certificate.startswith(b"%PDF-")

    group = await ask(api, "POST", "/groups", 201, json={"name": "Squad"})
    subject = await ask(api, "POST", "/subjects", 201, json={"body_mass_kg": 81.5, "groups": [group["id"]]})
    assert subject["pseudonym"] == "S-001"
    session = await ask(
        api,
        "POST",
        "/recordings",
        201,
        json={"name": "Baseline", "channels": channels, "subject_id": subject["id"], "posture": "knee 130°"},
    )
    assert (session["subject"], session["body_mass_kg"]) == ("S-001", 81.5)
    first, second = [await a_trial(world, api, rig, session["id"]) for _ in range(2)]
    assert (first["state"], first["number"], second["number"]) == ("done", 1, 2)
    metrics = {m["key"]: m for m in first["result"]["metrics"]}
    assert metrics["peak_force_gross"]["value"] == pytest.approx(2400, abs=1)

    looked = await ask(
        api,
        "POST",
        f"/trials/{first['id']}/analyse",
        json={"parameters": {"onset": "manual", "onset_ms": 3800}, "keep": False},
    )
    assert looked["id"] == "0"
    kept = await ask(api, "POST", f"/trials/{first['id']}/analyse", json={"parameters": {"onset": "20 N"}}, status=422)
    assert "onset" in kept["detail"]
    judged = await ask(api, "POST", f"/trials/{first['id']}/accept", json={"accepted": True})
    assert judged["accepted"] is True

    detail = await ask(api, "GET", f"/recordings/{session['id']}")
    assert [(t["number"], t["accepted"]) for t in detail["trial_list"]] == [(1, True), (2, None)]
    listed = await ask(api, "GET", "/recordings", params={"group": group["id"], "kind": "imtp"})
    assert [(one["name"], one["trials"], one["accepted"]) for one in listed["items"]] == [("Baseline", 2, 1)]
    assert (await ask(api, "GET", "/recordings", params={"subject": "4711"}))["items"] == []
    page = await ask(api, "GET", "/trials", params={"limit": 1, "results": True})
    assert page["items"][0]["id"] == second["id"]
    rest = await ask(api, "GET", "/trials", params={"limit": 1, "after": page["next"]})
    assert rest["items"][0]["id"] == first["id"]

    data = await ask(api, "GET", f"/trials/{first['id']}/data", params={"points": 300})
    assert [c["key"] for c in data["channels"]] == ["left", "right"]
    assert len(data["channels"][0]["t_us"]) <= 301
    assert max(data["channels"][0]["max"]) == pytest.approx(2400 * 0.52, abs=0.5)
    raw = await ask(api, "GET", f"/trials/{first['id']}/data", params={"points": 0, "calibrate": "none"})
    assert len(raw["channels"][1]["value"]) == 7200
    assert raw["channels"][1]["unit"] == "counts"

    report = await ask(api, "GET", f"/recordings/{session['id']}/report.pdf")
    assert report.startswith(b"%PDF-")
    numbers = (await ask(api, "GET", f"/recordings/{session['id']}/metrics.csv")).decode()
    assert "peak_force_gross" in numbers
    samples = (await ask(api, "GET", f"/trials/{first['id']}/export.csv")).decode().splitlines()
    assert "left (N)" in samples[0]
    assert len(samples) == 7201
    older = (await ask(api, "GET", f"/trials/{first['id']}/export.csv", params={"form": "older"})).decode()
    assert older.startswith("timestamp,left_sensor,right_sensor,esp32_time_ms\r\n")

    trend = await ask(api, "GET", f"/subjects/{subject['id']}/trend", params={"metric": "peak_force_gross"})
    assert [point["value"] for point in trend["points"]] == [pytest.approx(2400, abs=1)]
    scored = await ask(api, "GET", "/reliability", params={"metric": "peak_force_gross", "group": group["id"]})
    assert scored["reliability"] is None
    assert scored["scores"][0]["trials"] == 2
    finished = await ask(api, "POST", f"/recordings/{session['id']}/finish")
    assert finished["ended_at"] is not None
    assert rig.orders[-1] == '{"cmd":"stop","command":"stop"}'


async def test_what_is_sent_wrong_is_named(world: Any, api: httpx.AsyncClient) -> None:
    rig = await Rig.connected(world)
    await rig.stream(0.2)
    channels = [str(c) for c in rig.channels]
    for mass in (0, -1, 4000):
        await ask(api, "POST", "/subjects", 422, json={"body_mass_kg": mass})
    await ask(api, "POST", "/recordings", 422, json={"name": "x", "channels": []})
    await ask(api, "POST", "/recordings", 404, json={"name": "x", "channels": ["4711"]})
    await ask(api, "POST", "/recordings", 404, json={"name": "x", "channels": channels, "subject_id": "9"})
    session = await ask(api, "POST", "/recordings", 201, json={"name": "x", "channels": channels, "start": {}})
    running = session["trial_list"][0]
    refused = await ask(api, "POST", f"/recordings/{session['id']}/trials", 409, json={})
    assert "admin started trial 1" in refused["detail"]
    await ask(api, "POST", f"/trials/{running['id']}/analyse", 409, json={})
    await ask(api, "POST", f"/trials/{running['id']}/accept", 409, json={"accepted": True})
    await ask(api, "DELETE", f"/trials/{running['id']}", 409)
    await ask(api, "POST", f"/recordings/{session['id']}/trials", 422, json={"pre_s": -1})


async def test_fast_traces_come_in_newtons_with_every_sample(world: Any) -> None:
    rig = await Rig.connected(world)
    await rig.stream(0.2)
    await rig.calibrate()
    fast = world.app.laboratory.lab.fast
    viewer = fast.open(world.admin)
    told = msgspec.json.decode(fast.subscribe(viewer, [*rig.channels, 4711]))
    assert [(c["unit"], c["key"]) for c in told["channels"]] == [("N", "left"), ("N", "right")]
    before = rig.made_ms
    await rig.stream(0.5)
    instants: list[int] = []
    while len(instants) < 500:
        for frame in map(msgspec.json.decode, await viewer.take()):
            assert frame["type"] == "columns"
            instants += [frame["t0_us"] + dt for dt in frame["dt_us"]]
            assert sum(v[0] for v in frame["v"].values()) == pytest.approx(800, abs=1)
    assert len(instants) == 500
    assert set(map(int.__sub__, instants[1:], instants)) == {1000}
    assert abs(instants[0] - rig.boot_us - before * 1000) <= 1001
    fast.close(viewer)


async def test_a_narrowed_viewer_gets_no_trace_of_another_device(world: Any) -> None:
    rig = await Rig.connected(world)
    await rig.stream(0.2)
    fast = world.app.laboratory.lab.fast
    viewer = fast.open(replace(world.admin, only_devices=frozenset()))
    assert msgspec.json.decode(fast.subscribe(viewer, rig.channels))["channels"] == []
    await rig.stream(0.2)
    assert viewer._frames == []
