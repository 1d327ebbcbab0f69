"""A new driver's skeleton: the generic suite takes it as it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ohmstead.cli import cli
from ohmstead.commands.firmware_sources import Sources


def test_the_generic_suite_finds_a_new_driver_and_it_passes(tmp_path: Path) -> None:
    copy = tmp_path / "firmware"
    shutil.copytree(
        Sources().folder, copy, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "agent", "links", "test_*")
    )
    made = CliRunner().invoke(cli, ["firmware", "new-driver", "sht31", "--sources", str(copy)])
    assert made.exit_code == 0, made.output
    assert (copy / "drivers" / "sht31.py").exists()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "sht31", "--rootdir", str(copy)]
    done = subprocess.run(
        [*command, str(copy / "tests" / "drivers_test.py")],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(copy)},
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "7 passed" in done.stdout


def test_the_copy_inside_a_package_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drivers").mkdir()
    monkeypatch.setattr("ohmstead.commands.firmware_sources._INSTALLED", tmp_path)
    refused = CliRunner().invoke(cli, ["firmware", "new-driver", "sht31"])
    assert refused.exit_code == 1
    assert "--sources" in refused.output
    assert not list(tmp_path.rglob("*.py"))


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers" / "mine.py").write_text("# mine")
    run = CliRunner()
    again = run.invoke(cli, ["firmware", "new-driver", "mine", "--sources", str(tmp_path)])
    assert again.exit_code == 1
    assert "there already" in again.output
    assert (tmp_path / "drivers" / "mine.py").read_text() == "# mine"
    for name in ("../mine", "Mine", "2mine", "class", ""):
        refused = run.invoke(cli, ["firmware", "new-driver", name, "--sources", str(tmp_path)])
        assert refused.exit_code == 1, name
        assert "cannot be a file name" in refused.output
    assert [path.name for path in tmp_path.rglob("*.py")] == ["mine.py"]
