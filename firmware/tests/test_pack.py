"""A slot whose modules are compressed into one file: what the build writes is what the board's loader reads."""

import random

import pytest
from pack import NAME, Pack

from ohmstead.commands.firmware_pack import PACK, listed, packed

RNG = random.Random(8)
FILES = {
    path: bytes(RNG.choices(range(40), k=size))
    for path, size in (
        ("agent/run.mpy", 9000),
        ("agent/setup.mpy", 2100),
        ("agent/update.mpy", 5000),
        ("agent/a.mpy", 1),
        ("links/mqtt.mpy", 1700),
        ("links/mqtt_connect.mpy", 64),
        ("links/formats/meter.mpy", 65),
        ("drivers/ina219.mpy", 1500),
    )
}


@pytest.fixture
def slot(tmp_path):
    (tmp_path / PACK).write_bytes(packed(FILES))
    pack = Pack()
    pack.slot = str(tmp_path) + "/"
    pack.mount(True, False)
    return pack


def read(pack, path):
    stream = pack.open(path, "rb")
    data = b""
    while piece := stream.read(100):
        data += piece
        if len(data) > 100_000:
            break
    stream.close()
    return data


def test_every_module_comes_out_as_it_was_put_in(slot):
    assert PACK == NAME
    assert sorted(listed(packed(FILES))) == sorted(FILES)
    for path, data in FILES.items():
        assert slot.stat("/" + path)[0] == 0x8000
        assert read(slot, "/" + path)[: len(data)] == data


def test_the_same_files_make_the_same_pack_in_any_order():
    assert packed(dict(sorted(FILES.items(), reverse=True))) == packed(FILES)


def test_a_folder_is_one_and_what_is_not_there_is_not(slot):
    for path in ("", "/agent", "/links", "/links/formats", "/drivers"):
        assert slot.stat(path)[0] == 0x4000
        assert slot.open(path, "rb") is None
    for path in ("/agent/run", "/agent/run.py", "/agen", "/agent/", "/run.mpy", "/../device.json", "/"):
        with pytest.raises(OSError, match="2"):
            slot.stat(path)


def test_a_file_that_ends_too_early_is_an_error_and_nothing_waits(slot, tmp_path):
    whole = (tmp_path / PACK).read_bytes()
    (tmp_path / PACK).write_bytes(whole[: whole.index(b"\n\n") + 40])
    with pytest.raises(OSError, match="5"):
        slot.open("/agent/run.mpy", "rb")


def test_a_slot_without_one_is_not_mounted(tmp_path):
    pack = Pack()
    pack.slot = str(tmp_path) + "/"
    with pytest.raises(OSError, match=NAME):
        pack.mount(True, False)
