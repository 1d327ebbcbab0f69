"""What is shown on the pictures beside the demonstration: rules and alerts, a lab, people, updates."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from devices_beside import Beside

from bundles import bundle, public
from ohmstead.commands.firmware_releases import form_with
from ohmstead.simulation.force_lab import COUNTS_PER_NEWTON, ZERO, Firmware, Pull, SimulatedDevice
from ohmstead.simulation.updating import UpdatingDevice
from ohmstead.simulation.updating_link import UpdatingOverHttp

PATIENCE_S: Final = 60.0
G: Final = 9.80665
MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class House:
    """Ids for the addresses of pages."""

    meter: str
    relay: str
    node: str
    rule: str
    alert: str
    session: str
    trial: str
    subject: str
    recording: str
    rollout: str


class Admin:
    def __init__(self, url: str, password: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api/v1", headers={"origin": url}, timeout=30)
        self.post("/auth/login", {"username": "admin", "password": password})

    def get(self, path: str, **query: Any) -> Any:
        return self._answer(self._http.get(path, params=query))

    def post(self, path: str, body: Any = None) -> Any:
        return self._answer(self._http.post(path, json=body))

    def upload(self, path: str, body: bytes, kind: str) -> Any:
        return self._answer(self._http.post(path, content=body, headers={"content-type": kind}))

    @staticmethod
    def _answer(answer: httpx.Response) -> Any:
        if answer.is_error:
            raise RuntimeError(f"{answer.request.method} {answer.request.url}: {answer.text}")
        return answer.json() if answer.content else None


def until(look: Callable[[], Any]) -> Any:
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(look)
        time.sleep(0.2)
    return found


@contextlib.contextmanager
def furnish(url: str, password: str) -> Iterator[House]:
    """A house with something on every page; its devices live while the block runs."""
    admin = Admin(url, password)
    beside = Beside()
    try:
        meters = [d for d in admin.get("/devices", limit=1000)["items"] if d["state"] == "claimed"]
        meter = next(d for d in meters if any(c["quantity"] == "energy" for c in d["channels"]))
        relay = next(d for d in meters if d["serial"] == "sim-relay-2")
        rule, alert = _alerts(admin, url)
        session, trial, subject = _lab(admin, beside, url)
        node, rollout = _updates(admin, beside, url)
        _people(admin, [meter["id"]])
        _strangers(url)
        recording = _recording(admin, meter)
        yield House(meter["id"], relay["id"], node, rule, alert, session, trial, subject, recording, rollout)
    finally:
        beside.close()


def _added(admin: Admin, url: str, serial: str, name: str) -> tuple[str, str, Callable[[Any], None]]:
    """Id, token and how to send as it."""
    made = admin.post("/devices", {"serial": serial, "name": name})

    def send(body: Any) -> None:
        headers = {"authorization": f"Bearer {made['token']}"}
        httpx.post(f"{url}/api/v1/telemetry", json=body, headers=headers, timeout=30).raise_for_status()

    return made["device"]["id"], made["token"], send


def _alerts(admin: Admin, url: str) -> tuple[str, str]:
    _, _, send = _added(admin, url, "oven-1", "Bakery oven")
    now = int(time.time() * 1000)
    past = [{"t": now - m * MINUTE_MS, "v": {"power": 2300.0 if m % 90 < 20 else 4.0}} for m in range(30, 1400)]
    send({"channels": [{"key": "power", "quantity": "power", "unit": "W", "decimals": 0}], "samples": past})
    oven = next(d for d in admin.get("/devices", limit=1000)["items"] if d["serial"] == "oven-1")
    channel = oven["channels"][0]["id"]
    condition = {"kind": "threshold", "above": 2000, "for_s": 300}
    rule = admin.post(
        "/rules",
        {"name": "Oven left on", "severity": "critical", "condition": condition, "scope": {"channel_id": channel}},
    )
    send({"samples": [{"age_ms": age, "v": {"power": 2310.0}} for age in range(600_000, -1, -30_000)]})
    opened = until(lambda: admin.get("/alerts", state="open")["items"])
    alert = next((a for a in opened if a.get("rule_id") == rule["id"]), opened[0])
    config = {"url": "http://127.0.0.1:9/ring"}
    admin.post("/notification-targets", {"name": "Porter", "kind": "webhook", "config": config})
    limit = {"name": "Main fuse", "channel_id": channel, "limit_w": 6000}
    with contextlib.suppress(RuntimeError):
        admin.post("/load-limits", limit)
    return rule["id"], alert["id"]


def _lab(admin: Admin, beside: Beside, url: str) -> tuple[str, str, str]:
    place = urlsplit(url)
    firmware = Firmware("G2", Pull())
    rig = SimulatedDevice(f"ws://{place.netloc}/ws", firmware, gap_ms=0.0)
    beside.begin(rig.run())
    device = until(lambda: next((d for d in admin.get("/force-devices") if d["channels"]), None))
    admin.post(f"/devices/{device['device_id']}/claim", {"name": "Pull rig"})
    for channel in device["channels"]:
        side = ("left", "right").index(channel["key"])
        points = [{"mass_kg": kg, "counts": ZERO[side] + kg * G * COUNTS_PER_NEWTON[side]} for kg in (0, 20, 60)]
        body = {"channel_id": channel["id"], "method": "multi-point", "points": points, "temperature_c": 21.0}
        admin.post("/calibrations", body)
    group = admin.post("/groups", {"name": "First team"})
    subjects = [
        admin.post("/subjects", {"pseudonym": name, "body_mass_kg": mass, "groups": [group["id"]]})
        for name, mass in (("Heron", 79.5), ("Otter", 68.0))
    ]
    channels = [c["id"] for c in device["channels"]]
    body = {"name": "Monday test", "channels": channels, "subject_id": subjects[0]["id"]}
    session = admin.post("/recordings", body)
    trials = []
    for _ in range(2):
        begun = admin.post(f"/recordings/{session['id']}/trials", {"pre_s": 1.0, "for_s": 9.0})
        until(lambda: admin.get(f"/trials/{begun['id']}")["result"])  # noqa: B023
        trials.append(begun["id"])
    return session["id"], trials[-1], subjects[0]["id"]


def _updates(admin: Admin, beside: Beside, url: str) -> tuple[str, str]:
    admin.post("/release-keys", {"name": "Workshop", "n": public().hexadecimal})
    ids = []
    for number in range(1, 5):
        device, token, _ = _added(admin, url, f"node-{number}", f"Field node {number}")
        running = UpdatingDevice("esp32", "1.0.0", [public()])
        beside.begin(UpdatingOverHttp(url, f"node-{number}", token, running).run())
        ids.append(device)
    until(lambda: len([d for g in admin.get("/fleet")["items"] for d in g["device_ids"] if d in ids]) == len(ids))
    content, kind = form_with({"notes": "Quieter Wi-Fi"}, "bundle", "ohmstead-1.1.0.tar", bundle("1.1.0"))
    release = admin.upload("/releases", content, kind)
    body = {"release_id": release["id"], "devices": ids, "waves": [0.5, 1], "healthy_s": 3600, "sensors": False}
    return ids[0], admin.post("/rollouts", body)["id"]


def _people(admin: Admin, devices: list[str]) -> None:
    admin.post("/users", {"username": "mira", "password": "a flat of her own", "role": "viewer"})
    admin.post("/users", {"username": "porter", "password": "keys to the cellar", "role": "operator"})
    admin.post("/invitations", {"role": "viewer", "devices": devices, "note": "flat 2"})
    admin.post("/tokens", {"name": "Evening report", "scopes": ["read"]})


def _strangers(url: str) -> None:
    """A meter that nobody knows, as its firmware sends it."""
    body = {"timestamp": "14:03:27.048", "current": 152.49}
    httpx.post(f"{url}/data", json=body).raise_for_status()


def _recording(admin: Admin, meter: dict[str, Any]) -> str:
    power = next(c["id"] for c in meter["channels"] if c["quantity"] == "power")
    body = {"name": "Washing at 40 °C", "channels": [power], "kind": "appliance", "start": {}}
    recording: str = admin.post("/recordings", body)["id"]
    time.sleep(3.0)
    with contextlib.suppress(RuntimeError):
        admin.post(f"/recordings/{recording}/finish")
    return recording
