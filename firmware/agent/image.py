"""MicroPython itself, as one file of a bundle: into the partition that does not run, kept only if its slot proves good.

In the slot lies a note of the partition it was made for, so the mark "try this slot" is about both of them. Until
`mark_app_valid_cancel_rollback` the boot loader goes back by itself at the next start, whatever the cause of that.
"""

import asyncio
import errno
import hashlib
import time
from binascii import hexlify

import boot
from agent import update
from micropython import const

NAME = "micropython.bin"
_AT = "/.image"  # in the slot: how many bytes of the image are in flash
_BLOCK = const(4096)
_NOTED = const(65536)  # at most so much is fetched again after a cut


def running():
    from esp32 import Partition

    return Partition(Partition.RUNNING)


def other():
    """The partition that does not run. Raises Refused."""
    now = running()
    try:
        found = now.get_next_update()
        if found.info()[4] != now.info()[4]:
            return found
    except OSError:
        pass
    raise update.Refused("board: there is no second partition for MicroPython")


def label_of(partition):
    return partition.info()[4].encode()


def needed(slot):
    """Label of the partition that a slot was made for; empty when any will do."""
    try:
        with open(slot + "/" + NAME, "rb") as file:
            return file.read(32)
    except OSError:
        return b""


async def digest_of(partition, size):
    """SHA-256 of the first bytes of a partition; others have their turn meanwhile."""
    digest, block = hashlib.sha256(), bytearray(_BLOCK)
    view = memoryview(block)
    for at in range(0, min(size, partition.info()[3]), _BLOCK):
        partition.readblocks(at // _BLOCK, block)
        digest.update(view[: min(_BLOCK, size - at)])
        await asyncio.sleep_ms(0)
    return hexlify(digest.digest()).decode()


class Update(update.Update):
    """As without an image; an image goes and comes with its slot."""

    _busy = False

    def __init__(self, agent, *given):
        super().__init__(*given)
        self._agent = agent  # its duties must not wait for a megabyte
        mark = boot.read()
        self._image = self.trial and needed(self._slot)
        self._is_there = not self._image or self._image == label_of(running())
        self._kept = mark.get("kept")
        if self._failed:
            # If `proved` had to tell the boot loader to go back, it waits to hear that this start is good.
            self._keep()

    def _keep(self):
        """The boot loader stays with the image that runs. Returns whether it does."""
        try:
            from esp32 import Partition

            Partition.mark_app_valid_cancel_rollback()
        except OSError as error:
            self._log("image", error)
            return False
        return True

    def proved(self, up, sensors_work):
        if not self._is_there:
            self._try_again()
        if self.trial and self._image and up and sensors_work:
            # Before the slot. If the power goes in between, both prove themselves again: the old slot must not come
            # back alone, so there are tries enough for that.
            mark = boot.read()
            mark["kept"], mark["tries"] = 1, 9
            boot.write(mark)
            up = self._keep()
        try:
            return super().proved(up, sensors_work)
        except RuntimeError:
            if self._image and self._kept:  # since an earlier start: the boot loader does not go back by itself
                try:
                    self._boot()
                except update.Refused as error:
                    self._log("image", error)
            raise

    def _try_again(self):
        """On trial without its image: the power went before the boot loader was told, or it has gone back."""
        mark = boot.read()
        if mark.get("tries"):
            try:
                self._boot(self._image)
            except update.Refused as error:
                mark["why"], mark["tries"] = str(error), 0
                boot.write(mark)
        raise RuntimeError("image")  # the caller restarts; without a try that is left, the old version starts

    def _boot(self, label=None):
        """The next start is from the other partition. Raises Refused."""
        partition = other()
        if label and label != label_of(partition):
            raise update.Refused("flash: this slot is for another partition")
        try:
            partition.set_boot()
        except OSError as error:
            raise update.Refused("flash: the chip refuses the image: %s" % error) from None

    async def work(self):
        if self._busy:  # it is among the duties that go on meanwhile
            return False
        self._busy = True
        try:
            return await super().work()
        finally:
            self._busy = False

    async def install(self, wanted, source):
        await super().install(wanted, source)
        if self._wanted is not wanted:
            return
        label = needed("b" if self._slot == "a" else "a")
        if label and label != label_of(running()):
            try:
                self._boot(label)
            except update.Refused:
                boot.write({"slot": self._slot})
                raise

    async def _fetch(self, source, slot, one, done, total, wanted):
        if one["path"] != NAME:
            await super()._fetch(source, slot, one, done, total, wanted)
            return
        size, target = one["size"], running()
        there = await digest_of(target, size) == one["sha256"]
        if not there:
            target = other()
            if size > target.info()[3]:
                raise update.Refused("space: %d bytes for MicroPython" % target.info()[3])
            there = await digest_of(target, size) == one["sha256"]
        if not there:
            await self._write(source, target, slot, one, done, total, wanted)
            if self._wanted is not wanted:
                return
            if await digest_of(target, size) != one["sha256"]:
                update.clear(slot)
                raise update.Refused("hash: " + NAME)
        elif not wanted["url"]:  # an archive is read to its end
            await source.get("files/" + NAME)
            while await source.read():
                pass
        # In the slot lies a note, and for what follows the note is the file.
        path = slot + "/" + NAME
        with open(path, "wb") as file:
            file.write(label_of(target))
        one["sha256"], one["size"] = update.digest_of(path)

    async def _write(self, source, target, slot, one, done, total, wanted):
        """From where the last attempt ended. Each block is erased before it is written."""
        at, size = 0, one["size"]
        if wanted["url"]:
            try:
                with open(slot + _AT) as file:
                    at = int(file.read())
            except (OSError, ValueError):
                pass
        await source.get("files/" + NAME, at)
        block, fill = bytearray(_BLOCK), 0
        while data := await source.read():
            if at + len(data) > size:
                raise update.Refused("size: " + NAME)
            while data:
                n = min(len(data), _BLOCK - fill)
                block[fill : fill + n] = data[:n]
                data, fill, at = data[n:], fill + n, at + n
                if fill == _BLOCK or at == size:
                    _put(target, (at - 1) // _BLOCK, block, fill)
                    fill = 0
                    if not at % _NOTED:
                        with open(slot + _AT, "w") as file:
                            file.write(str(at))
                        self._tries = 0  # as long as it goes on, it is not given up
                    await self._meanwhile(wanted)
            self._tell("downloading", round((done + at) / total, 2))
            if self._wanted is not wanted:
                return
        if at != size:
            raise OSError(errno.ECONNRESET)

    async def _meanwhile(self, wanted):
        await asyncio.sleep_ms(0)  # where data always waits, nothing else would wait for it
        if wanted["url"]:  # what a person brings does not hold the keeper up
            self._agent.parts[-1].beat = time.ticks_ms()
            for duty in self._agent.duties:
                await duty()
            if self._agent.restarting:
                raise OSError(errno.ECONNABORTED)


def _put(target, number, block, fill):
    if not number:
        head = bytearray(16)
        running().readblocks(0, head)
        if block[0] != 0xE9 or block[12:14] != head[12:14]:  # magic, chip
            raise update.Refused("board: the image is for another chip")
    for i in range(fill, _BLOCK):
        block[i] = 0xFF
    try:
        target.writeblocks(number, block)
    except OSError as error:
        raise update.Refused("flash: %s" % error) from None


def updater(agent):
    return update.updater(agent, lambda *given: Update(agent, *given))
