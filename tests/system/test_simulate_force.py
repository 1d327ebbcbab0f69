"""Simulated rigs over real sockets: named, claimed, and silent until somebody needs them."""

from system.running_server import ADMIN_PASSWORD, RunningServer, ohmstead


def test_rigs_come_are_claimed_and_are_silent_until_asked(server: RunningServer) -> None:
    arguments = ["simulate-force", "--devices", "2", "--generations", "G2,G1", "--for", "3", "--url", server.url]
    done = ohmstead(*arguments, env={"OHMSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "2 rigs are at" in done.stderr
    devices = {d["serial"]: d for d in server.admin.get("/force-devices").json()}
    assert {d["state"] for d in devices.values()} == {"claimed"}
    assert devices["sim-force-2"]["generation"] == "G1"
    assert devices["sim-force-2"]["samples"] > 1000
    assert devices["sim-force-1"]["samples"] == 0  # nobody asked for any


def test_an_unknown_generation_is_named(server: RunningServer) -> None:
    done = ohmstead("simulate-force", "--generations", "G7", "--url", server.url)
    assert done.returncode != 0
    assert "G7" in done.stderr
