"""Updates: a signed bundle into the slot that does not run, tried three times, good once it has proved itself."""

import hashlib
import json
import os
import time
from binascii import hexlify

import boot
from agent import files
from micropython import const

KEYS = "keys.json"  # outside the slots: {"keys": [{"id", "n"}]}
_MANIFEST = const(8192)
_MOST = const(6291456)
_PREFIX = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
_NO_SPACE = const(28)  # errno
_PROVE_MS = const(600000)  # a new version that has not proved itself by then goes back


_ONCE = ("version", "boards", "files", "min_loader")


class Refused(ValueError):
    """`reason`: a word of the contract."""


def verify(manifest, signature, keys):
    """Whether one of the keys signed these bytes: RSA-3072, PKCS#1 v1.5, SHA-256."""
    if len(signature) != 384:
        return False
    wanted = b"\x00\x01" + b"\xff" * (384 - 54) + b"\x00" + _PREFIX + hashlib.sha256(manifest).digest()
    number = int.from_bytes(signature, "big")
    for key in keys[:4]:
        n = int(key["n"], 16)
        if number < n and pow(number, 65537, n).to_bytes(384, "big") == wanted:
            return True
    return False


def order(version):
    """A version as something that sorts as Semantic Versioning says. Raises Refused."""
    core, _, pre = version.partition("-")
    parts = core.split(".")
    if len(version) > 32 or len(parts) != 3 or not all(_is_number(p) for p in parts):
        raise Refused("manifest: version")
    words = []
    for word in pre.split(".") if pre else ():
        if not word:
            raise Refused("manifest: version")
        words.append((0, int(word), "") if _is_number(word) else (1, 0, word))
    return [int(p) for p in parts], not pre, words


def _is_number(text):
    return text.isdigit() and (text == "0" or text[0] != "0")


def check(raw, board, running, downgrade):
    """The manifest, if it is one and for this device. Raises Refused."""
    if len(raw) > _MANIFEST:
        raise Refused("size: manifest")
    try:
        manifest = json.loads(raw)
        wanted, boards, listed = order(manifest["version"]), manifest["boards"], manifest["files"]
        seen, total = [], 0
        for name in ("version", "boards", "files", "min_loader", "path", "size", "sha256"):
            # A name that comes twice: json.loads would take the last.
            if _named(raw, name) != (name in manifest if name in _ONCE else len(listed)) or b"\\" in raw:
                raise Refused("manifest: " + name)
        if not isinstance(boards, list) or not 1 <= len(listed) <= 64:
            raise Refused("manifest")
        for one in listed:
            path, size = one["path"], one["size"]
            if (
                not _is_path(path)
                or path.lower() in seen
                or len(one["sha256"]) != 64
                or any(path.lower().startswith(p + "/") or p.startswith(path.lower() + "/") for p in seen)
            ):
                raise Refused("manifest: " + str(path)[:64])
            if type(size) is not int or size < 0:
                raise Refused("manifest: size")
            seen.append(path.lower())
            total += size
    except Refused:
        raise
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("manifest") from None
    if total > _MOST:
        raise Refused("size")
    if board not in boards:
        raise Refused("board")
    loader = manifest.get("min_loader", 1)
    if not isinstance(loader, int) or loader > boot.LOADER:
        raise Refused("loader")
    if wanted < order(running) and not downgrade:
        raise Refused("downgrade")
    return manifest


def _named(raw, name):
    """How often an object has this name."""
    parts = raw.split(('"%s"' % name).encode())
    return sum(part.strip()[:1] == b":" for part in parts[1:])


def _is_path(path):
    """1 to 4 plain names: nothing that leaves the slot."""
    if not isinstance(path, str) or len(path) > 64:
        return False
    names = path.split("/")
    for name in names:
        if not name or name[0] in ".-":
            return False
        if not all(ord(c) < 128 and (c.isalpha() or c.isdigit() or c in "._-") for c in name):
            return False
    return len(names) <= 4


def digest_of(path):
    """SHA-256 of what lies in flash, and its size."""
    digest, size, buffer = hashlib.sha256(), 0, bytearray(512)
    view = memoryview(buffer)
    with open(path, "rb") as file:
        while n := file.readinto(buffer):
            digest.update(view[:n])
            size += n
    return hexlify(digest.digest()).decode(), size


def clear(folder):
    """Remove a folder and what it holds."""
    try:
        for name in os.listdir(folder):
            path = folder + "/" + name
            try:
                os.remove(path)
            except OSError:
                clear(path)
        os.rmdir(folder)
    except OSError:
        pass


def make_folders(path):
    parts = path.split("/")[:-1]
    for i in range(len(parts)):
        try:
            os.mkdir("/".join(parts[: i + 1]))
        except OSError:
            pass


class Update:
    """`offer` is told what is desired; `work`, called now and then, does the next step of it."""

    _wanted = None
    _tries = 0
    _told = (None, None, 0)

    def __init__(self, running, board, slot, report, fetcher, log):
        self._running = running
        self._board = board
        self._slot = slot
        self._report = report  # (id, state, progress, reason)
        self._fetcher = fetcher  # (url) -> an object with `get(path, start)`, `read`, `close`
        self._log = log
        self._began = time.ticks_ms()
        mark = boot.read()
        self.trial = bool(slot) and mark.get("try") == slot
        self._release = mark.get("release")
        self._failed = mark.get("failed")

    def _tell(self, state, progress=None, reason=""):
        now = time.ticks_ms()
        if self._told[:2] == (state, reason) and time.ticks_diff(now, self._told[2]) < 1000:
            return
        self._told = (state, reason, now)
        self._report(self._wanted["id"] if self._wanted else self._release, state, progress, reason)

    def connected(self):
        """The server listens: say what became of the last release."""
        if self._failed:
            self._report(self._release, "failed", None, self._failed)

    def offer(self, wanted):
        """What is desired now; None: nothing any more."""
        if not isinstance(wanted, dict) or "url" not in wanted:
            self._wanted = None
            return
        if self._wanted and self._wanted["id"] == wanted["id"]:
            return
        self._wanted = wanted
        self._tries = 0
        if wanted["id"] == self._release and self._failed:
            self._tell("failed", None, self._failed)
            self._wanted = None
        elif wanted["version"] == self._running and not self.trial:
            self._tell("confirmed")
            self._wanted = None

    def proved(self, up, sensors_work):
        """Whether the version on trial is good by now; called now and then. True once it is marked."""
        if not self.trial:
            return False
        if up and sensors_work:
            boot.write({"slot": self._slot, "release": self._release})
            self.trial = False
            self._report(self._release, "confirmed", None, "")
            self._log("update", self._running + " is good")
            self._wanted = None
            return True
        if time.ticks_diff(time.ticks_ms(), self._began) > _PROVE_MS:
            mark = boot.read()
            mark["tries"], mark["why"] = 0, "health"
            boot.write(mark)
            self._log("update", "goes back")
            raise RuntimeError("health")  # the caller restarts: the old version starts
        return False

    async def work(self):
        """Carry out the offer, if there is one. Returns True when the device is to be restarted."""
        wanted = self._wanted
        if not wanted or not wanted["url"] or self.trial:  # what a person brings is installed by who takes it
            return False
        try:
            await self.install(wanted, self._fetcher(wanted["url"]))
        except Refused as error:
            self._give_up(wanted, str(error))
        except OSError as error:
            self._log("update", error)
            self._tries += 1
            if error.errno == _NO_SPACE:
                self._give_up(wanted, "space")
            elif self._tries >= 5:
                self._give_up(wanted, "network")
        else:
            return self._wanted is wanted
        return False

    def _give_up(self, wanted, reason):
        self._tell("failed", None, reason)
        if self._wanted is wanted:
            self._wanted = None

    def bring(self, wanted):
        """A person brings a bundle: it goes before what the server offers."""
        self._wanted = wanted

    async def install(self, wanted, source):
        """Into the slot that does not run, from `source`. Raises Refused, OSError."""
        slot = "b" if self._slot == "a" else "a"  # what came with the board lies outside of both
        try:
            self._tell("downloading", 0)
            raw = await source.whole("manifest.json", _MANIFEST)
            if hexlify(hashlib.sha256(raw).digest()).decode() != wanted["manifest_sha256"]:
                raise Refused("hash: manifest")
            signature = await source.whole("manifest.sig", 384)
            known = files.load(KEYS) or {}
            if not verify(raw, signature, known.get("keys", ())):
                raise Refused("signature")
            manifest = check(raw, self._board, self._running, wanted.get("downgrade") is True)
            self._prepare(slot, wanted["manifest_sha256"])
            total = sum(one["size"] for one in manifest["files"]) or 1
            done = 0
            for one in manifest["files"]:
                done += one["size"]
                await self._fetch(source, slot, one, done - one["size"], total, wanted)
                if self._wanted is not wanted:
                    return
        finally:
            source.close()
        self._tell("verifying", 1)
        for one in manifest["files"]:
            if digest_of(slot + "/" + one["path"]) != (one["sha256"], one["size"]):
                clear(slot)
                raise Refused("hash: " + one["path"])
        with open(slot + "/version.txt", "w") as file:
            file.write(manifest["version"])
        boot.write({"slot": self._slot, "try": slot, "tries": 3, "release": wanted["id"]})
        self._tell("restarting", 1)

    def _prepare(self, slot, digest):
        """Begin the slot anew unless it holds a part of the same release."""
        note = slot + "/.release"
        try:
            with open(note) as file:
                if file.read() == digest:
                    return
        except OSError:
            pass
        clear(slot)
        make_folders(note)
        with open(note, "w") as file:
            file.write(digest)

    async def _fetch(self, source, slot, one, done, total, wanted):
        path = slot + "/" + one["path"]
        try:
            found, have = digest_of(path)
        except OSError:
            found, have = "", 0
        if have == one["size"] and found == one["sha256"] and wanted["url"]:
            return
        if have >= one["size"] or not wanted["url"]:  # an archive is read from its beginning
            have = 0
        make_folders(path)
        await source.get("files/" + one["path"], have)
        with open(path, "ab" if have else "wb") as file:
            while data := await source.read():
                have += len(data)
                if have > one["size"]:
                    raise Refused("size: " + one["path"])
                file.write(data)
                self._tell("downloading", round((done + have) / total, 2))
                if self._wanted is not wanted:
                    return
        if have != one["size"]:
            raise OSError(104)
        if digest_of(path)[0] != one["sha256"]:
            os.remove(path)
            raise Refused("hash: " + one["path"])


def updater(agent, kind=None):
    """The updates of a device: what it reports, where files come from, what it does by and by."""

    def report(release, state, progress, reason):
        found = {"id": release, "state": state, "progress": progress, "reason": reason}
        agent.shadow.extra["release"] = {k: found[k] for k in found if found[k] not in (None, "")}
        if agent.uplink.up:
            agent.shadow.report()

    def fetcher(url):
        from agent.fetch import Source

        def alive():
            """The part that waits for a download is alive."""
            agent.parts[-1].beat = time.ticks_ms()

        return Source(url, agent.config["server"], alive)

    update = (kind or Update)(agent.version, agent.config["board"], agent.slot, report, fetcher, agent.log)

    async def work():
        sensors = agent.sensors
        healthy = not sensors.broken and all(sensor.state == "ok" for sensor in sensors.all)
        try:
            update.proved(agent.uplink.up and agent.uplink.acknowledged > 0, healthy)
            again = await update.work()
        except RuntimeError:
            again = True
        if again:
            agent.restarting = True

    agent.duties.append(work)
    return update
