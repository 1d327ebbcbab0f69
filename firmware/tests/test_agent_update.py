"""Updates on a simulated file system: what is forged is refused; cut at any step, the board still starts."""

import asyncio
import builtins
import errno
import json
from pathlib import Path

import pytest
from release_parts import CONTENT, KEY, OTHER, Cut, Source, bring, bundle
from sim.flash import PowerCut
from sim.host import Host


@pytest.fixture
def board(tmp_path):
    with Host(tmp_path) as host:
        keys = [{"id": "0", "n": "%0768x" % KEY.public_key().public_numbers().n}]
        Path("keys.json").write_text(json.dumps({"keys": keys}))
        yield host


class Device:
    def __init__(self, source, slot="", running="1.0.0"):
        from agent.update import Update

        self.reports = []
        self.update = Update(
            running, "sim", slot, lambda i, state, progress, reason: self.reports.append((state, reason)), source, print
        )

    def work(self, times=1):
        async def go():
            return [await self.update.work() for _ in range(times)][-1]

        return asyncio.run(go())


def installed(offer, source, times=1, **kept):
    device = Device(source, **kept)
    device.update.offer(offer)
    return device, device.work(times)


def test_a_signed_bundle_is_installed_tried_and_good_once_it_has_proved_itself(board):
    import boot

    raw, signature, content, offer = bundle()
    device, restart = installed(offer, Source(raw, signature, content))
    assert restart
    assert [s for s, _ in device.reports][-2:] == ["verifying", "restarting"]
    slot = boot.choose()
    assert slot == "a", "what came with the board runs outside of both"
    assert Path("a/agent/run.mpy").read_bytes() == CONTENT["agent/run.mpy"]
    new = Device(None, slot="a", running="1.1.0")
    assert not new.update.proved(True, False), "a sensor does not work"
    assert not new.update.proved(False, True), "no uplink"
    assert new.update.proved(True, True)
    assert new.reports == [("confirmed", "")]
    assert [boot.choose() for _ in range(5)] == ["a"] * 5


def test_a_version_that_does_not_start_three_times_is_left(board):
    import boot

    raw, signature, content, offer = bundle()
    installed(offer, Source(raw, signature, content), slot="a")
    assert [boot.choose() for _ in range(4)] == ["b", "b", "b", "a"]
    old = Device(Source(raw, signature, content), slot="a")
    old.update.connected()
    assert old.reports == [("failed", "tries")]
    old.update.offer(offer)
    assert old.work() is False, "the same release is not tried again"


def test_a_version_that_starts_but_does_not_work_goes_back_by_itself(board):
    import boot

    raw, signature, content, offer = bundle()
    installed(offer, Source(raw, signature, content), slot="a")
    assert boot.choose() == "b"
    new = Device(None, slot="b", running="1.1.0")
    board.pass_us(11 * 60 * 10**6)
    with pytest.raises(RuntimeError):
        new.update.proved(True, False)
    assert boot.choose() == "a"
    old = Device(None, slot="a")
    old.update.connected()
    assert old.reports == [("failed", "health")]


def test_a_flash_that_is_full_ends_the_attempt_and_what_runs_runs_on(board, monkeypatch):
    import boot

    raw, signature, content, offer = bundle()
    really_open = builtins.open

    def full(path, mode="r", *more, **named):
        if str(path).startswith("b/drivers") and mode[0] in "wa":
            raise OSError(errno.ENOSPC, "no room")
        return really_open(path, mode, *more, **named)

    monkeypatch.setattr(builtins, "open", full)
    device, restart = installed(offer, Source(raw, signature, content), slot="a")
    assert (restart, device.reports[-1]) == (False, ("failed", "space"))
    assert device.work() is False
    assert boot.read() == {}, "no slot was marked"
    monkeypatch.setattr(builtins, "open", really_open)
    assert installed(offer | {"id": "8"}, Source(raw, signature, content), slot="a")[1], "with room it goes on"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": OTHER}, "signature"),
        ({"boards": ["esp8266"]}, "board"),
        ({"min_loader": 99}, "loader"),
        ({"version": "0.9.9"}, "downgrade"),
        ({"version": "1.0.0-rc.1"}, "downgrade"),
        ({"version": "latest"}, "manifest"),
        ({"content": {"../boot.py": b"x"}}, "manifest"),
        ({"content": {"/etc/passwd": b"x"}}, "manifest"),
        ({"content": {"a/../../x": b"x"}}, "manifest"),
        ({"content": {"a//b": b"x"}}, "manifest"),
        ({"content": {"Main.mpy": b"x", "main.mpy": b"y"}}, "manifest"),
        ({"content": {"a": b"x", "a/b": b"y"}}, "manifest"),
        ({"content": {".release": b"x"}}, "manifest"),
        ({"content": {"a/b/c/d/e": b"x"}}, "manifest"),
        ({"content": {}}, "manifest"),
        ({"files": 3}, "manifest"),
        ({"files": [{"path": "a", "size": 7 * 1024 * 1024, "sha256": "0" * 64}]}, "size"),
        ({"files": [{"path": "a", "size": -1, "sha256": "0" * 64}]}, "manifest"),
    ],
)
def test_what_is_not_for_this_device_is_refused_and_nothing_runs_differently(board, changes, reason):
    import boot

    raw, signature, content, offer = bundle(**changes)
    device, restart = installed(offer, Source(raw, signature, content))
    assert restart is False
    assert device.reports[-1][0] == "failed"
    assert device.reports[-1][1].split(":")[0] == reason
    assert boot.choose() == ""
    assert not Path("b").exists()
    assert not Path("../boot.py").exists()


def test_a_file_that_is_another_one_is_refused(board):
    raw, signature, content, offer = bundle()
    content = content | {"main.mpy": b"stArt"}
    device, restart = installed(offer, Source(raw, signature, content))
    assert (restart, device.reports[-1][1].split(":")[0]) == (False, "hash")


def test_an_older_version_is_taken_when_a_person_wants_it(board):
    raw, signature, content, offer = bundle(version="0.9.0")
    _, restart = installed(offer | {"downgrade": True}, Source(raw, signature, content))
    assert restart


def test_a_download_goes_on_where_it_was_cut(board):
    raw, signature, content, offer = bundle()
    source = Source(raw, signature, content, faults=[3, 2, 1])
    _, restart = installed(offer, source, times=4)
    assert restart
    assert ("files/agent/run.mpy", 1536) in source.asked


def test_a_network_that_stays_away_ends_the_attempt(board):
    raw, signature, content, offer = bundle()
    device, restart = installed(offer, Source(raw, signature, content, faults=[0] * 9), times=6)
    assert restart is False
    assert device.reports[-1] == ("failed", "network")


def test_the_power_may_go_at_every_step_and_the_board_starts_and_finishes_the_update(board, monkeypatch):
    import boot

    raw, signature, content, offer = bundle()
    board_files = {p.name: p.read_bytes() for p in Path().iterdir()}
    for at in range(200):
        for path in Path().iterdir():
            if path.is_dir():
                from agent.update import clear

                clear(str(path))
            else:
                path.unlink()
        for name, data in board_files.items():
            Path(name).write_bytes(data)
        boot.write({"slot": "a"})
        with monkeypatch.context() as patch:
            cut = Cut(patch, at)
            try:
                installed(offer, Source(raw, signature, content), slot="a")
                finished = cut.left >= 0
            except PowerCut:
                finished = False
        slot = boot.choose()
        assert slot in ("a", "b")
        if slot == "b":
            for name, data in content.items():
                assert (Path("b") / name).read_bytes() == data, "only what is whole is tried"
        else:
            device, restart = installed(offer, Source(raw, signature, content), slot="a")
            assert restart, "cut at step %d: %s" % (at, device.reports)
            assert boot.choose() == "b"
        if finished:
            assert at > 15
            return
    raise AssertionError("it never ended")


VECTORS = sorted((Path(__file__).resolve().parents[2] / "contract" / "vectors" / "release").glob("*.json"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda path: path.stem)
def test_the_golden_bundles_meet_the_device_they_are_for(board, vector):
    import base64

    from agent.update import Refused, Update

    told = json.loads(vector.read_text())
    Path("keys.json").write_text(json.dumps({"keys": told["keys"]}))
    content = base64.b64decode(told["bundle_base64"])
    update = Update(told["device"]["running"], told["device"]["board"], "", lambda *_: None, None, print)
    expected = told["expect"]
    if "reason" in expected:
        with pytest.raises(Refused) as refused:
            bring(update, content, downgrade=told["downgrade"])
        assert str(refused.value).split(":")[0] == expected["reason"]
    else:
        bring(update, content, downgrade=told["downgrade"])
        assert Path("a/version.txt").read_text() == expected["version"]
        for path, data in expected["files"].items():
            assert (Path("a") / path).read_bytes().hex() == data
