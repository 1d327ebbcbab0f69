"""Building firmware: what a configuration needs, what fits, what a board takes."""

import ast
import hashlib
import json
import random
import struct
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from esp_images import esp_image
from ohmstead.cli import cli
from ohmstead.commands import firmware_image as image
from ohmstead.commands.firmware_build import application, left_out, roots
from ohmstead.commands.firmware_flash import commands
from ohmstead.commands.firmware_join import source_of, units
from ohmstead.commands.firmware_names import short_names, text_of
from ohmstead.commands.firmware_sources import LOADER, BuildError, Region, Sources

BOARDS = ("esp32", "esp32s3", "esp8266")
PARTITIONS = (  # as MicroPython's image with OTA has them
    (1, 2, 0x9000, 0x4000, b"nvs"),
    (1, 0, 0xD000, 0x2000, b"otadata"),
    (0, 0x10, 0x10000, 0x180000, b"ota_0"),
    (0, 0x11, 0x190000, 0x180000, b"ota_1"),
)


def test_an_installed_package_has_every_file_that_a_board_starts_with() -> None:
    hook = ast.parse((Path(__file__).parents[3] / "hatch_build.py").read_text())
    (parts,) = (
        ast.literal_eval(step.value)
        for step in hook.body
        if isinstance(step, ast.Assign) and ast.unparse(step.targets[0]) == "FIRMWARE_PARTS"
    )
    assert set(parts) >= {*LOADER, "agent", "links", "drivers", "boards"}


def small(tmp_path: Path) -> Sources:
    """A firmware of a few lines, with every board."""
    files = {
        "main.py": "from agent import run\nrun.start()\n",
        "boot.py": "pass\n",
        "pack.py": "pass\n",
        "agent/run.py": "from agent.log import LINES\nfrom agent.late import late\n"
        "def start():\n    late('agent.seldom')\n",
        "agent/seldom.py": "",
        "agent/log.py": "LINES = 3\n",
        "agent/late.py": "import time\ndef late(name):\n    pass\n",
        "agent/other.py": "never = 'asked for'\n",
        "links/mqtt.py": "from links.net import Net\n",
        "links/net.py": "class Net:\n    _where = 0\n",
        "drivers/_part.py": "X = 1\n",
        "drivers/one.py": "from drivers._part import X\n",
        "drivers/two.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "firmware" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "firmware" / "boards").symlink_to(Sources().folder / "boards")
    return Sources(tmp_path / "firmware")


def config(**more: object) -> dict[str, object]:
    return {"server": {"link": "mqtt"}, "drivers": [{"driver": "one"}], **more}


def micropython(partitions: tuple[tuple[int, int, int, int, bytes], ...] = PARTITIONS) -> bytes:
    """An image for 0x1000 with a partition table, as far as a builder looks at it."""
    rows = [struct.pack("<HBBII16sI", 0x50AA, *row, 0) for row in partitions]
    body = b"".join(rows)
    body += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(body).digest()
    return b"\xe9" + b"\0" * (0x6FFF) + body.ljust(0xC00, b"\xff") + b"code" * 64


def table(data: bytes) -> list[tuple[bytes, int, int]]:
    """(label, offset, size) of each partition, after the digest was found right."""
    rows, at = [], 0
    while data[at : at + 2] == b"\xaa\x50":
        _, _, _, offset, size, label, _ = struct.unpack("<HBBII16sI", data[at : at + 32])
        rows.append((label.rstrip(b"\0"), offset, size))
        at += 32
    assert data[at : at + 16] == b"\xeb\xeb" + b"\xff" * 14
    assert data[at + 16 : at + 32] == hashlib.md5(data[:at]).digest()
    return rows


@pytest.mark.parametrize("name", [*BOARDS, "m5core2", "sim"])
def test_every_board_file_is_whole(name: str) -> None:
    board = Sources().board(name)
    assert board.board == name
    assert set(board.pins.input_only) | set(board.pins.adc) | set(board.pins.boot) <= set(board.pins.usable)
    regions = sorted((r.offset, r.offset + r.bytes) for r in (board.filesystem, board.outbox))
    assert all(start % image.BLOCK == end % image.BLOCK == 0 for start, end in regions)
    assert regions[0][1] <= regions[1][0]
    assert regions[1][1] <= board.flash_bytes
    for bus in board.buses.values():
        pins = {bus[key] for key in ("sda", "scl", "tx", "rx", "sck", "mosi", "miso") if key in bus}
        assert pins <= set(board.pins.usable)
    assert board.limits.import_bytes <= board.limits.bundle_bytes


def test_a_board_file_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "drivers").mkdir()
    (tmp_path / "boards").mkdir()
    wrong = msgspec.to_builtins(Sources().board("sim")) | {"colour": "green"}
    (tmp_path / "boards" / "mine.json").write_text(json.dumps(wrong))
    with pytest.raises(BuildError, match="colour"):
        Sources(tmp_path).board("mine")
    with pytest.raises(BuildError, match="there are mine"):
        Sources(tmp_path).board("yours")


def test_only_what_the_configuration_needs_is_built(tmp_path: Path) -> None:
    sources = small(tmp_path)
    files = application(sources, sources.board("esp8266"), config(), "1.2.3")
    assert sorted(files) == [
        *("agent/run.mpy", "agent/seldom.mpy", "drivers/one.mpy", "links/mqtt.mpy", "version.txt"),
    ]
    assert files.pop("version.txt") == b"1.2.3"
    assert all(data[:2] == b"M\x06" for data in files.values())
    assert sources.closure(["agent.run"], at_once=True) == ["agent.late", "agent.log", "agent.run"]


def test_what_is_always_there_becomes_one_file_and_a_shared_part_stays_one(tmp_path: Path) -> None:
    sources = small(tmp_path)
    found = units(["agent.late", "agent.log", "agent.run", "drivers._part", "drivers.one"], sources)
    assert found == {
        "agent.run": ("agent.late", "agent.log", "agent.run"),
        "drivers.one": ("drivers._part", "drivers.one"),
    }
    (sources.folder / "drivers" / "two.py").write_text("from drivers._part import X\n")
    assert "drivers._part" in units(["drivers._part", "drivers.one", "drivers.two"], sources)


def test_joined_files_find_each_other_and_short_names_are_nobody_elses(tmp_path: Path) -> None:
    sources = small(tmp_path)
    (sources.folder / "agent" / "log.py").write_text(
        "import time\nclass Log:\n    def __init__(self, lines):\n        self._lines, self._named = lines, '_named'\n"
    )
    (sources.folder / "agent" / "run.py").write_text("import time\nfrom agent.log import Log\nmade = Log([1])\n")
    names = short_names(sources)
    assert "_lines" in names
    assert not {"_named", "made", "Log", "time"} & names.keys()
    text = source_of(("agent.log", "agent.run"), sources, {"agent.log": "agent.run"}, names)
    space: dict[str, Any] = {}
    exec(text, space)
    assert getattr(space["made"], names["_lines"]) == [1]
    assert text.count("import") == 1
    asks = "from agent.log import Log"
    (sources.folder / "drivers" / "two.py").write_text(asks)
    assert source_of(("drivers.two",), sources, {"agent.log": "agent.run"}, {}) == "from agent.run import Log"
    for wrong in ("import agent.log", "from agent import log", "late('agent.log')"):
        (sources.folder / "drivers" / "two.py").write_text(wrong)
        with pytest.raises(BuildError, match=r"drivers\.two"):
            source_of(("drivers.two",), sources, {"agent.log": "agent.run"}, {})


def test_values_that_change_places_are_written_without_a_tuple() -> None:
    tree = ast.parse("a, b, c = (x, (y, 1), z)\nd = (1, 2)\nreturn_of = ()")
    assert text_of(tree).splitlines() == ["a, b, c = x, (y, 1), z", "d = 1, 2", "return_of = ()"]


def test_two_joined_files_may_not_mean_different_things_by_a_name(tmp_path: Path) -> None:
    sources = small(tmp_path)
    (sources.folder / "agent" / "late.py").write_text("LINES = 4\n")
    with pytest.raises(BuildError, match="LINES is another one"):
        source_of(("agent.late", "agent.log"), sources, {}, {})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"drivers": [{"driver": "three"}]}, "no driver 'three'; there are one, two"),
        ({"drivers": [{}]}, "no driver None"),
        ({"drivers": ["one"]}, "no driver None"),
        ({"server": {"link": "pigeon"}}, "no link 'pigeon'"),
        ({"server": {"link": "mqtt", "format": "morse"}}, "no format 'morse'"),
        ({"display": {"type": "nixie"}}, "no display 'nixie'"),
    ],
)
def test_what_there_is_not_cannot_be_built(tmp_path: Path, given: dict[str, object], said: str) -> None:
    with pytest.raises(BuildError, match=said):
        roots(small(tmp_path), config(**given))


def test_more_than_a_board_is_meant_for_is_said(tmp_path: Path) -> None:
    sources = small(tmp_path)
    given = tmp_path / "device.json"
    given.write_text(json.dumps(config(drivers=[{"driver": "two"}])))
    asked = ["firmware", "build", "--config", str(given), "--sources", str(sources.folder), "--out", str(tmp_path)]
    assert "More than" not in CliRunner().invoke(cli, [*asked, "--board", "esp8266"]).output
    (sources.folder / "drivers" / "two.py").write_text(f"X = {random.Random(1).randbytes(30_000).hex()!r}\n")
    assert "More than the board is meant for" in CliRunner().invoke(cli, [*asked, "--board", "esp8266"]).output
    assert "More than" not in CliRunner().invoke(cli, [*asked, "--board", "esp32"]).output


def test_a_small_board_gets_only_the_parts_it_asks_for() -> None:
    boards = {name: Sources().board(name) for name in BOARDS}
    bare: dict[str, Any] = {"drivers": [{"driver": "ina219"}]}
    assert left_out(boards["esp32"], bare) == {"links.signed"}
    signed: dict[str, Any] = {**bare, "server": {"link": "signed"}}
    assert left_out(boards["esp32"], signed) == frozenset()
    assert "links.signed" not in left_out(boards["esp8266"], signed)
    assert {"agent.pages", "agent.recorder", "agent.rules"} <= left_out(boards["esp8266"], bare)
    full = {"drivers": [{"driver": "relay"}, {"driver": "hx711"}], "pages": True, "ntp": "pool", "led": 2, "button": 0}
    assert left_out(boards["esp8266"], full) == {
        *("agent.foreign", "agent.display", "agent.flash_file", "agent.flash_partition", "agent.mdns"),
        *("agent.image", "agent.places", "links.signed", "links.tls"),
    }


def test_a_display_is_built_where_it_is_asked_for() -> None:
    sources = Sources()
    bare: dict[str, Any] = {"server": {"link": "mqtt"}, "drivers": [{"driver": "ina219"}]}
    core2 = sources.board("m5core2")
    assert core2.display["bus"] in core2.buses
    assert core2.buses[core2.display["axp192"]]["type"] == "i2c"
    small = {"display": {"type": "ssd1306", "bus": "i2c0"}}
    for board, more, wanted in (
        (sources.board("esp8266"), {}, set()),
        (sources.board("esp8266"), small, {"agent/display.mpy", "agent/display_ssd1306.mpy"}),
        (
            core2,
            {"display": core2.display},
            {"agent/axp192.mpy", "agent/display.mpy", "agent/display_ili9342c.mpy"},
        ),
    ):
        built = application(sources, board, bare | more)
        assert {name for name in built if "display" in name or "axp" in name} == wanted
        assert ("agent/extras.mpy" in built) is bool(wanted)


def test_a_mistake_in_a_file_names_the_file(tmp_path: Path) -> None:
    sources = small(tmp_path)
    (sources.folder / "drivers" / "two.py").write_text("def (:\n")
    with pytest.raises(BuildError, match=r"drivers/two\.py:1"):
        application(sources, sources.board("esp32"), config(drivers=[{"driver": "two"}]))
    (sources.folder / "drivers" / "two.py").write_text("x = [*a, *b]\n")  # Python, but not MicroPython
    with pytest.raises(BuildError, match=r"drivers/two\.py does not compile"):
        application(sources, sources.board("esp32"), config(drivers=[{"driver": "two"}]))


def test_a_file_system_gives_back_what_was_put_in() -> None:
    files = {"boot.py": b"pass", "a/agent/run.mpy": bytes(9000), "device.json": b"{}"}
    made = image.filesystem(files, Region(0, 64 * image.BLOCK))
    assert len(made) == 64 * image.BLOCK
    assert image.listing(made) == files
    with pytest.raises(BuildError, match="do not fit"):
        image.filesystem({"big": bytes(70 * image.BLOCK)}, Region(0, 64 * image.BLOCK))
    with pytest.raises(BuildError, match="no LittleFS"):
        image.listing(b"\xff" * (16 * image.BLOCK))


def test_the_partition_table_gets_the_file_system_and_the_outbox() -> None:
    board = Sources().board("esp32")
    made = image.with_regions(micropython(), board)
    assert table(made[0x7000:0x7C00])[-2:] == [
        (b"vfs", board.filesystem.offset, board.filesystem.bytes),
        (b"outbox", board.outbox.offset, board.outbox.bytes),
    ]
    assert made[:0x7000] == micropython()[:0x7000]
    assert made[0x7C00:] == micropython()[0x7C00:]
    assert image.with_regions(made, board) == made, "once more changes nothing"


def test_an_image_for_another_layout_is_refused() -> None:
    board = Sources().board("esp32")
    with pytest.raises(BuildError, match="no partition table"):
        image.with_regions(bytes(0x10000), board)
    with pytest.raises(BuildError, match="'factory' of the image ends at 0x320000"):
        image.with_regions(micropython(((0, 0, 0x10000, 0x310000, b"factory"),)), board)


def test_from_a_configuration_to_an_image(tmp_path: Path) -> None:
    sources, run = small(tmp_path), CliRunner()
    given, port, out = tmp_path / "device.json", tmp_path / "micropython.bin", tmp_path / "out"
    given.write_text(json.dumps(config()))
    port.write_bytes(micropython())
    arguments = ["firmware", "build", "--board", "esp32", "--config", str(given), "--out", str(out)]
    arguments += ["--sources", str(sources.folder), "--micropython", str(port)]

    refused = run.invoke(cli, [*arguments, "--micropython-sha256", "00" * 32])
    assert refused.exit_code == 1
    assert "not the pinned" in refused.output
    unnamed = run.invoke(cli, arguments)
    assert "--micropython-sha256" in unnamed.output

    pinned = hashlib.sha256(port.read_bytes()).hexdigest()
    done = run.invoke(cli, [*arguments, "--micropython-sha256", pinned])
    assert done.exit_code == 0, done.output
    whole, board = (out / "flash.bin").read_bytes(), sources.board("esp32")
    start, end = board.filesystem.offset, board.filesystem.offset + board.filesystem.bytes
    files = image.listing(whole[start:end])
    assert json.loads(files["device.json"]) == config(board="esp32")
    assert files["a/drivers/one.mpy"] == (out / "application" / "drivers" / "one.mpy").read_bytes()
    assert files["boot.py"] == b"pass\n"
    assert json.loads(files["slot.json"]) == {"slot": "a"}
    assert table(whole[0x8000:0x8C00])[-1][0] == b"outbox"

    (out / "application" / "mine.txt").write_text("precious")
    again = run.invoke(cli, [*arguments, "--micropython-sha256", pinned])
    assert again.exit_code == 1
    assert "other files" in again.output
    assert (out / "application" / "mine.txt").exists()


def test_an_update_may_hold_micropython_cut_out_of_the_makers_image_or_as_it_is(tmp_path: Path) -> None:
    sources, run = small(tmp_path), CliRunner()
    given, port, out = tmp_path / "device.json", tmp_path / "micropython.bin", tmp_path / "out"
    given.write_text(json.dumps(config()))
    application = esp_image(content=bytes(range(256)) * 40)

    def build(content: bytes, board: str = "esp32", pin: bool = True) -> Any:
        port.write_bytes(content)
        arguments = ["firmware", "build", "--board", board, "--config", str(given), "--out", str(out)]
        arguments += ["--sources", str(sources.folder), "--with-micropython"]
        named = ["--micropython", str(port), "--micropython-sha256", hashlib.sha256(content).hexdigest()]
        return run.invoke(cli, arguments + named * pin)

    whole = micropython().ljust(0xF000, b"\xff") + application
    held = out / "application" / "micropython.bin"
    for content in (whole, whole + b"\xff" * 999, application):
        done = build(content)
        assert done.exit_code == 0, done.output
        assert held.read_bytes() == application
        assert f"{len(application)} bytes" in done.output
        assert "micropython.bin" not in str(image.listing((out / "filesystem.bin").read_bytes()).keys())
    assert "nothing to flash a blank board" in done.output

    for content, board, said in (
        (micropython(), "esp32", "no MicroPython for esp32"),
        (esp_image("esp32s3"), "esp32", "the image is for esp32s3"),
        (application[:-1] + b"x", "esp32", "SHA-256 behind the image"),
        (application, "esp8266", "by cable only"),
        (esp_image(content=bytes(0x180000)), "esp32", "two of 1572864 fit"),
    ):
        refused = build(content, board)
        assert (refused.exit_code, said in refused.output) == (1, True), refused.output
    assert "--micropython" in build(b"", pin=False).output

    signed, key = tmp_path / "b.tar", tmp_path / "key.pem"
    assert run.invoke(cli, ["firmware", "keys", "--out", str(key)]).exit_code == 0
    sign = ["firmware", "sign", str(held.parent), "--version", "1.5.0", "--key", str(key), "--out", str(signed)]
    assert run.invoke(cli, [*sign, "--board", "esp32"]).exit_code == 0
    verified = run.invoke(cli, ["firmware", "verify", str(signed), "--keys", str(key.with_suffix(".json"))])
    assert f"{len(application)}" in verified.output
    assert "board" in run.invoke(cli, [*sign, "--board", "esp32s3"]).output


def test_a_file_system_goes_to_its_region_and_an_image_to_the_start(tmp_path: Path) -> None:
    board = Sources().board("esp32")
    disk, whole = tmp_path / "filesystem.bin", tmp_path / "flash.bin"
    disk.write_bytes(bytes(board.filesystem.bytes))
    whole.write_bytes(bytes(0x3C0000))
    assert commands(disk, board, None, 115200, erase=False)[0][-3:] == ["write-flash", "0x310000", str(disk)]
    both = commands(whole, board, "/dev/ttyUSB0", 115200, erase=True)
    assert [asked[6] for asked in both] == ["erase-flash", "write-flash"]
    with pytest.raises(BuildError, match="erase only with the whole image"):
        commands(disk, board, None, 115200, erase=True)
    whole.write_bytes(bytes(board.flash_bytes + 1))
    with pytest.raises(BuildError, match="takes 4194304"):
        commands(whole, board, None, 115200, erase=False)
    with pytest.raises(BuildError, match="no serial port"):
        commands(disk, Sources().board("sim"), None, 115200, erase=False)


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BuildError, match=r"pip install 'ohmstead\[firmware\]'"):
        image.filesystem({}, Region(0, 4096))
