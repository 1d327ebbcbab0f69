"""After `kill -9` at any instant every acknowledged sample is there, once."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ohmstead.database import Database
from ohmstead.database.schema import metadata
from ohmstead.runtime.clock import SystemClock
from ohmstead.series import SeriesReader, SeriesStore

SENDER = Path(__file__).with_name("sender.py")


def send_and_kill(url: str, lines: int) -> int:
    """Let the sender run for that many acknowledgements, kill it, return the last number it saw acknowledged."""
    process = subprocess.Popen([sys.executable, str(SENDER), url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = 0
    for _ in range(lines):
        last = int(process.stdout.readline())
    process.kill()
    rest = process.stdout.read().split()
    process.stdout.close()
    process.wait(10)
    return int(rest[-1]) if rest else last


@pytest.mark.parametrize("lines", [1, 333])
def test_every_acknowledged_sample_is_there_once(place: Callable[[], str], lines: int) -> None:
    url = place()
    for _ in range(2):
        acknowledged = send_and_kill(url, lines)
        database = Database.open(url, metadata=metadata)
        store = SeriesStore(database, SystemClock())
        store.load()
        reader = SeriesReader(url)
        for series, factor in ((1, 10), (2, 1)):
            t, v = reader.raw(series, 0, 1 << 60)
            stored = len(t)
            assert stored in (acknowledged, acknowledged + 1)  # the last one may be stored but not acknowledged yet
            assert t.tolist() == list(range(1, stored + 1))
            assert v.tolist() == [number / factor for number in range(1, stored + 1)]
        reader.close()
        assert store.last[1] == (stored, stored / 10)
        assert store.seen(1, "boot", acknowledged)
        assert not store.seen(1, "boot", stored + 1)
        asyncio.run(database.close())
