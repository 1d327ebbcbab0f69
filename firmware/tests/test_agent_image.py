"""MicroPython itself in a bundle: into the partition that does not run, with its slot or not at all."""

import asyncio
import json
import random
from pathlib import Path

import pytest
from release_parts import CONTENT, KEY, Cut, Source, archive_of, bring, bundle
from sim.flash import PowerCut
from sim.host import Host
from sim.partitions import NEW, VALID, Chip

from esp_images import esp_image

NAME = "micropython.bin"
OLD = esp_image(content=b"old " * 1200)
FRESH = esp_image(content=b"new " * 1500)
CRASHES = esp_image(content=b"crash " * 1000)
HOUR_US = 3600 * 10**6


def new_board(folder, **chip):
    host = Host(folder, esp=Chip(**{"image": OLD, **chip}))
    keys = [{"id": "0", "n": "%0768x" % KEY.public_key().public_numbers().n}]
    (folder / "keys.json").write_text(json.dumps({"keys": keys}))
    return host


@pytest.fixture
def board(tmp_path):
    with new_board(tmp_path) as host:
        yield host


def with_image(image, **more):
    raw, signature, content, offer = bundle(content={**CONTENT, NAME: image, "version.txt": b"1.1.0"}, **more)
    return offer, Source(raw, signature, content)


class Part:
    beat = None


class Agent:
    duties = ()
    parts = (Part,)
    restarting = False


class Life:
    """Start after start, until nothing restarts any more. `healthy(image)`: whether sensors work with what runs."""

    def __init__(self, host, offer, source, healthy=lambda image: True):
        self.host, self.offer, self.source, self.healthy = host, offer, source, healthy
        self.starts, self.reports = [], []

    def run(self):
        import boot

        for _ in range(12):
            self.host.esp.start()
            here = self.host.esp.label(self.host.esp.runs)
            if b"crash" in self.host.esp.image:
                self.starts.append("crash")
                continue
            slot = boot.choose()
            self.starts.append((slot, here))
            if not self._restarts(slot):
                return self
        raise AssertionError("it never settles: %s" % self.starts)

    def _restarts(self, slot):
        from agent.image import Update

        running = Path(slot, "version.txt").read_text() if slot else "1.0.0"
        update = Update(
            Agent(), running, "sim", slot, lambda i, s, p, r: self.reports.append((s, r)), self.source, print
        )
        update.connected()
        works = self.healthy(self.host.esp.image)
        try:
            update.proved(True, works)
            if update.trial:
                self.host.pass_us(HOUR_US)
                update.proved(True, works)
        except RuntimeError:
            return True
        update.offer(self.offer)
        self.update = update
        return asyncio.run(self._work(update))

    async def _work(self, update):
        for _ in range(8):
            if await update.work():
                return True
        return False


def settled(host):
    """Slot and partition of every later start are the same, and nothing waits to be proved."""
    import boot

    found = set()
    for _ in range(4):
        host.esp.start()
        found.add((boot.choose(), host.esp.label(host.esp.runs), host.esp.state))
    assert len(found) == 1, found
    return found.pop()


def test_an_image_is_written_started_and_kept_once_its_slot_has_proved_itself(board):
    life = Life(board, *with_image(FRESH)).run()
    assert life.starts == [("", "ota_0"), ("a", "ota_1")]
    assert board.esp.image[: len(FRESH)] == FRESH
    assert life.reports[-1] == ("confirmed", "")
    assert settled(board) == ("a", "ota_1", VALID)
    assert Path("a", NAME).stat().st_size < 32, "the file system holds a note, not the image"
    # And the next one goes back to the first partition, with the other slot.
    newer = esp_image(content=b"newer " * 1000)
    raw, signature, content, offer = bundle("1.2.0", content={NAME: newer, "version.txt": b"1.2.0"})
    Life(board, offer | {"id": "8"}, Source(raw, signature, content)).run()
    assert settled(board) == ("b", "ota_0", VALID)
    assert board.esp.image[: len(newer)] == newer


def test_an_image_that_does_not_start_is_left_with_its_slot(board):
    life = Life(board, *with_image(CRASHES)).run()
    assert life.starts.count("crash") == 3
    assert life.reports[-1] == ("failed", "tries")
    assert settled(board) == ("", "ota_0", VALID)


def test_an_image_with_which_the_sensors_do_not_work_is_left_with_its_slot(board):
    life = Life(board, *with_image(FRESH), healthy=lambda image: image[: len(OLD)] == OLD).run()
    assert life.starts == [("", "ota_0"), ("a", "ota_1"), ("", "ota_0")]
    assert life.reports[-1] == ("failed", "health")
    assert settled(board) == ("", "ota_0", VALID)


def test_a_slot_goes_back_with_its_image_even_if_the_power_went_between_the_two_marks(board, monkeypatch):
    import boot

    life = Life(board, *with_image(FRESH))
    really, proved = boot.write, []

    def write(mark):
        if "try" not in mark:
            proved.append(board.esp.state)
            raise PowerCut
        really(mark)

    with monkeypatch.context() as patch:
        patch.setattr(boot, "write", write)
        with pytest.raises(PowerCut):
            life.run()
    assert proved == [VALID], "the image first"
    life.healthy = lambda image: image[: len(OLD)] == OLD
    life.run()
    assert life.reports[-1] == ("failed", "health")
    assert settled(board) == ("", "ota_0", VALID)


def cut_at(life, step, monkeypatch):
    """Let it live until the power goes at that change of files or flash. Returns whether it was over before."""
    with monkeypatch.context() as patch:
        cut = Cut(patch, step)

        def power():
            if cut.step():
                raise PowerCut

        life.host.esp.power = power
        try:
            life.run()
        except PowerCut:
            pass
        life.host.esp.power = lambda: None
    return cut.left >= 0


@pytest.mark.parametrize("seed", range(40))
def test_however_often_the_power_goes_slot_and_image_stay_together(tmp_path, monkeypatch, seed):
    chance = random.Random(seed)
    with new_board(tmp_path) as board:
        board.esp.start()
        life = Life(board, *with_image(FRESH))
        for _ in range(chance.choice((2, 3))):
            cut_at(life, chance.randrange(130), monkeypatch)
        life.run()
        assert settled(board) in (("a", "ota_1", VALID), ("", "ota_0", VALID)), life.starts


@pytest.mark.parametrize(
    ("image", "healthy", "expected"),
    [
        (FRESH, lambda image: True, ("a", "ota_1", VALID)),
        (CRASHES, lambda image: True, ("", "ota_0", VALID)),
        (FRESH, lambda image: image[: len(OLD)] == OLD, ("", "ota_0", VALID)),
    ],
    ids=["good", "does not start", "does not work"],
)
def test_the_power_may_go_at_every_step(tmp_path, monkeypatch, image, healthy, expected):
    for at in range(1000):
        folder = tmp_path / str(at)
        folder.mkdir()
        with new_board(folder) as board:
            # Both have been flashed and started by a cable before.
            board.esp.start()
            life = Life(board, *with_image(image), healthy=healthy)
            finished = cut_at(life, at, monkeypatch)
            life.run()
            assert settled(board) == expected, "cut at step %d: %s %s" % (at, life.starts, life.reports)
            if finished:
                assert at > 100
                return
    raise AssertionError("it never ended")


@pytest.mark.parametrize(
    ("image", "chip", "reason"),
    [
        (esp_image(content=b"new " * 1500, chip="esp32s3"), {}, "board"),
        (b"#!/bin/sh" * 2000, {}, "board"),
        (esp_image(content=b"new " * 9000), {}, "space"),
        (FRESH, {"places": 1}, "board"),
        (esp_image(content=b"new " * 1500, spoil=True), {}, "flash"),
    ],
    ids=["another chip", "no image", "too big", "one partition", "the chip refuses it"],
)
def test_what_does_not_fit_is_refused_and_nothing_runs_differently(tmp_path, image, chip, reason):
    with new_board(tmp_path, **chip) as board:
        board.esp.start()
        before = (board.esp.data[:], board.esp.runs)
        life = Life(board, *with_image(image)).run()
        assert life.reports[-1][0] == "failed"
        assert life.reports[-1][1].split(":")[0] == reason
        assert len(life.starts) == 1
        assert (board.esp.data, board.esp.runs) == before
        assert settled(board)[0] == ""


def test_an_image_that_is_not_what_was_signed_is_not_started(board):
    offer, source = with_image(FRESH)
    source.served["files/" + NAME] = FRESH[:5000] + b"x" + FRESH[5001:]
    life = Life(board, offer, source).run()
    assert life.reports[-1] == ("failed", "hash: " + NAME)
    assert settled(board) == ("", "ota_0", VALID)


def test_an_image_that_runs_already_is_not_written_again(board):
    offer, source = with_image(OLD)
    life = Life(board, offer, source).run()
    assert life.starts == [("", "ota_0"), ("a", "ota_0")]
    assert life.reports[-1] == ("confirmed", "")
    assert board.esp.places[1].erases == 0
    assert "files/" + NAME not in [path for path, _ in source.asked]
    assert settled(board) == ("a", "ota_0", VALID)


def test_an_image_that_lies_in_the_other_partition_is_not_written_again(board):
    board.esp.places[1].content[: len(FRESH)] = FRESH
    offer, source = with_image(FRESH)
    Life(board, offer, source).run()
    assert board.esp.places[1].erases == 0
    assert settled(board) == ("a", "ota_1", VALID)


def test_a_download_goes_on_where_it_was_noted_however_often_the_link_is_cut(tmp_path):
    image = esp_image(content=bytes(range(256)) * 1400)
    with new_board(tmp_path, sectors=100) as board:
        offer, source = with_image(image)
        source.faults = [170] * 6
        Life(board, offer, source).run()
        assert settled(board) == ("a", "ota_1", VALID)
        again = [start for path, start in source.asked if path.endswith(NAME)]
        assert again[0] == 0
        assert len(again) == 6, "more cuts than would be borne without progress"
        assert all(start % 65536 == 0 and start for start in again[1:])
        assert board.esp.places[1].erases < 88 + 6 * 17


def test_an_offer_that_is_withdrawn_ends_the_download(board):
    offer, source = with_image(FRESH)
    life = Life(board, offer, source)
    read = source.read

    async def withdrawing():
        if source.asked[-1][0].endswith(NAME) and len(source._rest) < 3000:
            life.update.offer(None)
        return await read()

    source.read = withdrawing
    life.source = lambda url: source
    life.run()
    assert len(life.starts) == 1
    assert board.esp.state != NEW
    assert settled(board) == ("", "ota_0", VALID)


@pytest.mark.parametrize("there", [b"", OLD, FRESH], ids=["new", "runs already", "lies there already"])
def test_a_bundle_that_a_person_brings_may_hold_an_image(board, there):
    from agent.image import Update

    image = there or FRESH
    if there == FRESH:
        board.esp.places[1].content[: len(FRESH)] = FRESH
    _, source = with_image(image)
    board.esp.start()
    update = Update(Agent(), "1.0.0", "sim", "", lambda *_: None, None, print)
    bring(update, archive_of(source.served))
    Life(board, None, None).run()
    assert settled(board) == ("a", "ota_0" if image == OLD else "ota_1", VALID)
    assert Path("a/version.txt").read_text() == "1.1.0"
    assert board.esp.image[: len(image)] == image


def test_orders_do_not_wait_for_the_download_and_an_order_to_restart_ends_it(board):
    from agent.image import Update

    agent, Part.beat = Agent(), None
    turns, others = [], []

    async def duty():
        turns.append(1)
        agent.restarting = len(turns) > 1

    offer, source = with_image(FRESH)
    update = Update(agent, "1.0.0", "sim", "", lambda *_: None, source, print)
    agent.duties = [duty, update.work]
    update.offer(offer)

    async def beside():
        while not agent.restarting:
            others.append(len(turns))
            await asyncio.sleep(0)

    async def both():
        return (await asyncio.gather(update.work(), beside()))[0]

    assert asyncio.run(both()) is False
    assert len(turns) == 2, "one with each block"
    assert {0, 1} <= set(others), "and other parts have theirs"
    assert Part.beat is not None
