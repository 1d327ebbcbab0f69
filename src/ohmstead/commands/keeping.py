"""`ohmstead backup` and `ohmstead restore`: the whole data folder as one file, made while the server runs."""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, NoReturn

import sqlalchemy as sa
import typer

from ohmstead import __version__, settings
from ohmstead.database.errors import StartupError
from ohmstead.database.lock import FolderLock
from ohmstead.database.schema import APPLICATION_ID

DATABASE: Final = "ohmstead.db"
DUMP: Final = "database.dump"
MANIFEST: Final = "backup.json"
# What is made anew at every start, belongs to one process, or is the database itself.
LEFT_OUT: Final = frozenset({"ballast", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}.lock", MANIFEST})
LEFT_OUT_FOLDERS: Final = frozenset({"imports"})
COPY_PAGES: Final = 2048  # of SQLite at a time: a reader's lock is short, and progress can be shown
PIECE_BYTES: Final = 1 << 20
MOST_MANIFEST: Final = 16 << 20

DataDir = Annotated[Path | None, typer.Option(help="folder for everything that is kept [default: data]")]


class Unusable(Exception):
    """The backup cannot be made or restored; one line for a person."""


def register(cli: typer.Typer) -> None:
    cli.command("backup")(backup)
    cli.command("restore")(restore)


def backup(
    file: Annotated[Path | None, typer.Argument(help="where to; a name with the date when absent")] = None,
    data_dir: DataDir = None,
) -> None:
    """Copy everything that is kept into one file, secrets included. The server may run meanwhile."""
    try:
        chosen = settings.load(data_dir=data_dir)
        target = file or Path(f"ohmstead-{datetime.now():%Y-%m-%d-%H%M%S}.tar")
        began = time.monotonic()
        size = make_backup(chosen.data_dir, chosen.resolved_database_url, target, _progress())
    except (settings.Unusable, Unusable, OSError, sqlite3.Error) as error:
        _fail(error)
    typer.echo(f"{target} holds everything ({size / 1e6:.1f} MB, {time.monotonic() - began:.1f} s). Keep it safe.")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="what `ohmstead backup` made")],
    data_dir: DataDir = None,
) -> None:
    """Make a data folder from a backup. The folder must not hold a database yet; stop the server first."""
    try:
        chosen = settings.load(data_dir=data_dir)
        told = restore_backup(file, chosen.data_dir, chosen.database_url)
    except (settings.Unusable, Unusable, StartupError, OSError, sqlite3.Error, tarfile.TarError) as error:
        _fail(error)
    typer.echo(f"{chosen.data_dir} is as it was on {told['made_at']} (Ohmstead {told['version']}).")


def make_backup(folder: Path, url: str, target: Path, progress: Callable[[float], None] = lambda _: None) -> int:
    """Write the backup of `folder` and the database at `url` to `target`; return its size in bytes.

    The file appears under its name only once it is whole and on disk. Raises Unusable.
    """
    if not folder.is_dir():
        raise Unusable(f"there is no data folder {folder}; name it with --data-dir")
    if target.exists():
        raise Unusable(f"{target} exists; a backup never replaces another")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as scratch:
            database = _copied_database(folder, url, Path(scratch), progress)
            kept = list(_kept_files(folder))  # before the file that is being made can be one of them
            with _private(unfinished) as raw:
                _pack(raw, [(database.name, database), *kept])
                raw.flush()
                os.fsync(raw.fileno())
                size = raw.tell()
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return size


def restore_backup(file: Path, folder: Path, url: str | None = None) -> dict[str, Any]:
    """Unpack and examine `file`, then put it in place of an empty `folder`; return what the backup says of itself.

    Nothing is changed unless all of it is sound. Raises Unusable, StartupError (a server runs there).
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder / f"{DATABASE}.lock")
    try:
        if (folder / DATABASE).exists():
            raise Unusable(f"{folder} holds a database already; move it away or choose another --data-dir")
        with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as scratch:
            unpacked = Path(scratch)
            told = _unpack(file, unpacked)
            if (unpacked / DUMP).exists():
                _load_dump(unpacked / DUMP, url)
                (unpacked / DUMP).unlink()
            else:
                _examine(unpacked / DATABASE)
            (unpacked / MANIFEST).unlink()
            # The database comes last: a folder that has one is complete.
            for path in sorted(unpacked.iterdir(), key=lambda p: p.name == DATABASE):
                held = folder / path.name
                if held.is_dir():
                    shutil.rmtree(held)
                path.rename(held)
    finally:
        lock.release()
    return told


def _copied_database(folder: Path, url: str, scratch: Path, progress: Callable[[float], None]) -> Path:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return _dumped(parsed, scratch / DUMP)
    source = Path(parsed.database or "")
    if not source.is_file():
        raise Unusable(f"there is no database {source}")
    copy = scratch / DATABASE
    reading = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    writing = sqlite3.connect(copy)
    try:
        if reading.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise Unusable(f"{source} belongs to another program")
        # One read transaction: what the server commits meanwhile is not in it, and what was before is whole.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reading.backup(writing, pages=COPY_PAGES, progress=lambda _, left, all_: progress(1 - left / max(1, all_)))
        writing.execute("PRAGMA journal_mode=DELETE")
    finally:
        writing.close()
        reading.close()
    return copy


def _dumped(url: sa.URL, target: Path) -> Path:
    _run(url, "pg_dump", "--format=custom", f"--file={target}")
    return target


def _load_dump(dump: Path, url: str | None) -> None:
    if url is None:
        raise Unusable("this is a backup of a PostgreSQL database; name an empty one with OHMSTEAD_DATABASE_URL")
    _run(sa.make_url(url), "pg_restore", "--single-transaction", "--no-owner", str(dump))


def _run(url: sa.URL, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on a database; the password stays out of the list of processes."""
    found = shutil.which(program)
    if found is None:
        raise Unusable(f"a database on PostgreSQL is copied by {program}, which is not installed here")
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    environment = dict(os.environ) | ({"PGPASSWORD": str(url.password)} if url.password else {})
    command = [found, *arguments, f"--dbname={plain}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode:
        raise Unusable(f"{program}: {done.stderr.strip()}")


def _kept_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_symlink() or not path.is_file() or hidden:
            continue
        if str(name) not in LEFT_OUT and name.parts[0] not in LEFT_OUT_FOLDERS and not _is_backup(path):
            yield name.as_posix(), path


def _is_backup(path: Path) -> bool:
    """Whether this is a backup, or the beginning of one: each would hold all that were made before it."""
    with path.open("rb") as file:
        head = file.read(tarfile.BLOCKSIZE)
    return head.startswith(MANIFEST.encode() + b"\0") and head[257:262] == b"ustar"


def _private(path: Path) -> io.BufferedWriter:
    """Only its owner may read a backup."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _pack(raw: io.BufferedWriter, files: list[tuple[str, Path]]) -> None:
    digests = {name: _digest(path) for name, path in files}
    told = {
        "version": __version__,
        "made_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sha256": digests,
    }
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        head = json.dumps(told, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode, entry.mtime = len(head), 0o600, int(time.time())
        archive.addfile(entry, io.BytesIO(head))
        for name, path in files:
            archive.add(path, arcname=name, recursive=False, filter=_anonymous)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _unpack(file: Path, scratch: Path) -> dict[str, Any]:
    with _opened(file) as archive:
        told = _manifest(file, archive)
        expected: dict[str, str] = dict(told["sha256"])
        (scratch / MANIFEST).write_bytes(b"")
        for entry in archive:
            if entry.name == MANIFEST:
                continue
            path = PurePosixPath(entry.name)
            if not entry.isfile() or path.is_absolute() or ".." in path.parts or entry.name not in expected:
                raise Unusable(f"{file} holds {entry.name!r}, which no backup has")
            source = archive.extractfile(entry)
            assert source is not None
            target = scratch / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with _private(target) as out:
                shutil.copyfileobj(source, out, PIECE_BYTES)
            if _digest(target) != expected.pop(entry.name):
                raise Unusable(f"{file} is damaged: {entry.name} is not what was packed")
    if expected:
        raise Unusable(f"{file} is not complete: {', '.join(sorted(expected))} missing")
    if not (scratch / DATABASE).exists() and not (scratch / DUMP).exists():
        raise Unusable(f"{file} holds no database")
    return told


def _opened(file: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(file, "r:")
    except tarfile.TarError:
        raise Unusable(f"{file} is not a backup of Ohmstead") from None


def _manifest(file: Path, archive: tarfile.TarFile) -> dict[str, Any]:
    """What a backup says of itself, with `version`, `made_at` and `sha256` by name."""
    first = archive.next()
    if first is not None and first.name == MANIFEST and first.isfile() and first.size <= MOST_MANIFEST:
        head = archive.extractfile(first)
        assert head is not None
        try:
            told = json.loads(head.read())
        except (ValueError, RecursionError):
            told = None
        if isinstance(told, dict) and isinstance(told.get("sha256"), dict) and {"version", "made_at"} <= told.keys():
            return told
    raise Unusable(f"{file} is not a backup of Ohmstead")


def _examine(database: Path) -> None:
    connection = sqlite3.connect(database)
    try:
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise Unusable("the database in the backup belongs to another program")
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise Unusable(f"the database in the backup is damaged: {found}")
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _progress() -> Callable[[float], None]:
    """Show the share on a terminal; say nothing elsewhere."""
    import sys

    if not sys.stderr.isatty():
        return lambda _: None
    return lambda share: print(f"\r{share:4.0%}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)


def _fail(error: object) -> NoReturn:
    typer.echo(f"ohmstead: {error}", err=True)
    raise typer.Exit(1)
