"""`ohmstead firmware keys | sign | verify`: a folder becomes a bundle a device takes; one line for what is wrong."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ohmstead.cli import cli
from ohmstead.domain.bundle import read_bundle
from ohmstead.domain.signing import PublicKey


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build" / "agent").mkdir(parents=True)
    (tmp_path / "build" / "main.mpy").write_bytes(b"main")
    (tmp_path / "build" / "agent" / "clock.mpy").write_bytes(b"clock")
    (tmp_path / "build" / ".DS_Store").write_bytes(b"junk")


def firmware(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["firmware", *arguments])


def test_a_folder_becomes_a_bundle_that_its_key_verifies(tmp_path: Path) -> None:
    made = firmware("keys")
    assert made.exit_code == 0, made.output
    private = tmp_path / "ohmstead-signing.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes()
    assert firmware("keys").exit_code == 0
    assert private.read_bytes() == before  # a key is never written over
    signed = firmware("sign", "build", "--version", "1.5.0", "--board", "esp32", "--board", "esp32s3")
    assert signed.exit_code == 0, signed.output
    shown = firmware("verify", "ohmstead-1.5.0.tar")
    assert (shown.exit_code, "1.5.0 for esp32, esp32s3" in shown.output) == (0, True)
    found = read_bundle((tmp_path / "ohmstead-1.5.0.tar").read_bytes())
    assert [file.path for file in found.manifest.files] == ["agent/clock.mpy", "main.mpy"]
    told = json.loads((tmp_path / "ohmstead-signing.json").read_text())["keys"][0]
    assert PublicKey.parse(told["n"]).verifies(found.raw_manifest, found.signature)


def test_what_is_wrong_is_one_line_and_exit_1(tmp_path: Path) -> None:
    firmware("keys")
    for wrong in (
        ("sign", "build", "--version", "one", "--board", "esp32"),
        ("sign", "build", "--version", "1.0.0", "--board", "ESP 32"),
        ("sign", "build", "--version", "1.0.0", "--board", "esp32", "--key", "build/main.mpy"),
        ("verify", "build/main.mpy"),
    ):
        answer = firmware(*wrong)
        assert answer.exit_code == 1, wrong
        assert len(answer.output.strip().splitlines()) == 1, answer.output
    assert not list(tmp_path.glob("*.tar"))


def test_a_bundle_of_another_key_is_not_verified(tmp_path: Path) -> None:
    firmware("keys")
    firmware("keys", "--out", "other.pem")
    firmware("sign", "build", "--version", "1.0.0", "--board", "esp32", "--key", "other.pem")
    answer = firmware("verify", "ohmstead-1.0.0.tar")
    assert (answer.exit_code, answer.output.startswith("signature")) == (1, True)
