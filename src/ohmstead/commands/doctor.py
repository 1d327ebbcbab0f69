"""`ohmstead doctor`: what keeps a server from working, found before a person has to ask."""

import os
import shutil
import socket
import sqlite3
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.request import urlopen

import typer

from ohmstead import __version__, settings
from ohmstead.database.schema import APPLICATION_ID, HEAD

Level = Literal["ok", "warning", "error"]
MARKS: Final[dict[Level, str]] = {"ok": "ok   ", "warning": "look ", "error": "wrong"}
LEAST_FREE_BYTES: Final = 500 << 20
LEAST_FREE_SHARE: Final = 0.03
CERTIFICATE_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` says what to do about it."""

    level: Level
    text: str
    mend: str = ""


def register(cli: typer.Typer) -> None:
    cli.command("doctor")(doctor)


def doctor(
    data_dir: Annotated[Path | None, typer.Option(help="folder for everything that is kept [default: data]")] = None,
) -> None:
    """Look at folder, disk, database, clock, ports, certificate and dashboard; exit 1 if something is wrong."""
    try:
        chosen = settings.load(data_dir=data_dir)
    except settings.Unusable as error:
        typer.echo(f"{MARKS['error']}  settings: {error}")
        raise typer.Exit(1) from None
    found = list(examine(chosen))
    for finding in found:
        typer.echo(f"{MARKS[finding.level]}  {finding.text}")
        if finding.mend:
            typer.echo(f"       → {finding.mend}")
    if any(finding.level == "error" for finding in found):
        raise typer.Exit(1)


def examine(chosen: settings.Settings) -> Iterator[Finding]:
    """Every finding, in the order a person would look."""
    yield Finding("ok", f"Ohmstead {__version__}, Python {sys.version.split()[0]}")
    checks: tuple[Callable[[settings.Settings], Iterator[Finding]], ...] = (
        _folder,
        _database,
        _clock,
        _ports,
        _certificate,
        _dashboard,
    )
    for check in checks:
        yield from check(chosen)


def _folder(chosen: settings.Settings) -> Iterator[Finding]:
    folder = chosen.data_dir
    if not folder.exists():
        yield Finding("warning", f"{folder}: there is no data folder yet", "`ohmstead serve` makes it")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding("error", f"{folder} cannot be written by this user", "mend its owner or its mode")
        return
    room = shutil.disk_usage(folder)
    text = f"{folder}: {room.free / 1e9:.1f} GB of {room.total / 1e9:.1f} GB are free"
    if room.free < LEAST_FREE_BYTES or room.free < room.total * LEAST_FREE_SHARE:
        yield Finding("warning", text, "make room, or shorten how long raw samples are kept")
    else:
        yield Finding("ok", text)


def _database(chosen: settings.Settings) -> Iterator[Finding]:
    if chosen.database_url and not chosen.database_url.startswith("sqlite"):
        yield from _server_database(chosen.database_url)
        return
    file = chosen.data_dir / "ohmstead.db"
    if not file.exists():
        return
    try:
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
        try:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                yield Finding("error", f"{file} belongs to another program", "choose another --data-dir")
                return
            yield _version(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
            state = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        yield Finding("error", f"{file}: {error}", "restore a backup: ohmstead restore FILE --data-dir NEW")
        return
    if state == "ok":
        yield Finding("ok", f"{file}: sound, {file.stat().st_size / 1e6:.1f} MB")
    else:
        yield Finding("error", f"{file} is damaged: {state}", "restore a backup: ohmstead restore FILE --data-dir NEW")


def _server_database(url: str) -> Iterator[Finding]:
    import sqlalchemy as sa

    shown = sa.make_url(url).render_as_string(hide_password=True)
    try:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args={"connect_timeout": 5})
        with engine.connect() as connection:
            if sa.inspect(connection).has_table("alembic_version"):
                yield _version(str(connection.scalar(sa.text("SELECT version_num FROM alembic_version"))))
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        reason = str(error).splitlines()[0]
        yield Finding("error", f"{shown}: {reason}", "see that the server runs and the address is right")
        return
    yield Finding("ok", f"{shown} answers")


def _version(found: str) -> Finding:
    if found == HEAD:
        return Finding("ok", f"the database has the shape this program knows ({HEAD})")
    if found < HEAD:
        text = f"the database has an older shape ({found}, this program {HEAD})"
        return Finding("warning", text, "make a backup; the next start of `ohmstead serve` brings it up to date")
    return Finding("error", f"the database ({found}) is newer than this program ({HEAD})", "install a newer ohmstead")


def _clock(_: settings.Settings) -> Iterator[Finding]:
    from ohmstead.runtime.time_source import is_synchronised

    now = datetime.now(UTC)
    if is_synchronised():
        yield Finding("ok", f"the clock is set by the network: {now:%Y-%m-%d %H:%M:%S} UTC")
    else:
        text = f"nothing keeps the clock right; it says {now:%Y-%m-%d %H:%M:%S} UTC"
        yield Finding("warning", text, "without Internet: add a real-time clock, or set the time by hand")


def _ports(chosen: settings.Settings) -> Iterator[Finding]:
    wanted = [("http", port) for port in chosen.http_port or (8000, 5000)]
    if chosen.mqtt_port:
        wanted.append(("mqtt", chosen.mqtt_port))
    for kind, port in wanted:
        with socket.socket() as probe:
            probe.settimeout(2)
            answered = probe.connect_ex((chosen.host or "127.0.0.1", port)) == 0
        if not answered:
            yield Finding("ok", f"{kind} port {port} is free")
        elif kind == "http" and _is_ours(chosen.host or "127.0.0.1", port):
            yield Finding("ok", f"{kind} port {port}: an Ohmstead answers")
        elif kind == "http":
            text = f"{kind} port {port} belongs to another program"
            yield Finding("warning", text, "stop it, or choose another with --http-port")
        else:
            yield Finding("ok", f"{kind} port {port}: somebody answers, this server or another broker")


def _is_ours(host: str, port: int) -> bool:
    try:
        with urlopen(f"http://{host}:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


def _certificate(chosen: settings.Settings) -> Iterator[Finding]:
    from ohmstead.runtime.certificates import LocalAuthority

    authority = LocalAuthority(chosen.data_dir / "tls")
    if not authority.certificate.exists():
        if chosen.https_port or chosen.mqtts_port:
            yield Finding("error", "encrypted ports are asked for, but there is no certificate", "ohmstead tls init")
        return
    from cryptography import x509

    try:
        ends = [
            x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
            for file in (authority.certificate, authority.server_certificate)
        ]
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(authority.server_certificate, authority.server_key)
    except (OSError, ValueError) as error:
        yield Finding("error", f"the certificate cannot be used: {error}", "make a new one: ohmstead tls init")
        return
    days = (min(ends) - datetime.now(UTC)).days
    text = f"the certificate is good for {days} days"
    # A running server renews its own in time; one that was off for long starts by doing so.
    if days < CERTIFICATE_DAYS:
        yield Finding("warning", text, "restart the server, or make a new one: ohmstead tls init")
    else:
        yield Finding("ok", text)


def _dashboard(_: settings.Settings) -> Iterator[Finding]:
    page = Path(__file__).parent.parent / "web" / "index.html"
    if page.exists():
        yield Finding("ok", "the dashboard is built")
    else:
        yield Finding("error", "the dashboard is not built", "in a clone: make run; else install the wheel again")
