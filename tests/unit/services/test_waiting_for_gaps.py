"""What waits for samples: in order, one a turn, and never for long."""

import asyncio

from ohmstead.services.gaps import Gaps


class Samples:
    def __init__(self, pending: int = 0) -> None:
        self.pending = pending


class Turns:
    """Those who had their turn so far, by the letter."""

    def __init__(self, samples: Samples) -> None:
        self.gaps = Gaps(samples)
        self.done = ""
        self.tasks: list[asyncio.Task[None]] = []

    async def ask(self, letters: str) -> None:
        async def take(letter: str) -> None:
            await self.gaps.turn()
            self.done += letter

        self.tasks += [asyncio.create_task(take(letter)) for letter in letters]
        await asyncio.sleep(0)

    async def all(self) -> str:
        await asyncio.gather(*self.tasks, return_exceptions=True)
        return self.done


async def test_each_has_a_turn_of_its_own_in_the_order_they_came() -> None:
    turns = Turns(Samples())
    await turns.ask("abc")
    seen = {turns.done}
    while len(turns.done) < 3:
        await asyncio.sleep(0)
        seen.add(turns.done)
    assert seen == {"", "a", "ab", "abc"}


async def test_samples_go_first() -> None:
    turns = Turns(samples := Samples(pending=1))
    await turns.ask("ab")
    for _ in range(5):
        await asyncio.sleep(0)
    assert turns.done == ""
    turns.gaps.committed()  # others are waiting still
    samples.pending = 0
    turns.gaps.committed()
    assert await turns.all() == "ab"


async def test_nobody_waits_for_ever() -> None:
    turns = Turns(Samples(pending=1))
    await turns.ask("ab")
    assert await turns.all() == "ab"


async def test_who_left_holds_nobody_up() -> None:
    turns = Turns(Samples(pending=1))
    await turns.ask("abc")
    turns.tasks[0].cancel()
    assert await turns.all() == "bc"
    await turns.ask("d")
    await asyncio.sleep(0)
    turns.tasks[-1].cancel()
    assert await turns.all() == "bc"
