"""`ohmstead import` and `ohmstead export`."""

import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ohmstead.commands.client import Client, ServerError, sign_in
from ohmstead.commands.progress import bars
from ohmstead.commands.uploading import at_rest, follow, kind_of, send
from ohmstead.importing.detecting import HEAD_BYTES

_WAYS = ("separator", "decimal", "header", "time_column", "time_format")  # what a preview can be told


class As(StrEnum):
    CURRENT_LOGGER = "current-logger"
    METER_SQLITE = "meter-sqlite"
    IMTP = "imtp"
    CSV = "csv"


Url = Annotated[str, typer.Option(help="where the server is reached", envvar="OHMSTEAD_URL")]
Token = Annotated[
    str | None,
    typer.Option(help="with the scopes read and write; without one you are asked to log in", envvar="OHMSTEAD_TOKEN"),
]
User = Annotated[str | None, typer.Option(help="who logs in when there is no token")]
Password = Annotated[str | None, typer.Option(envvar="OHMSTEAD_PASSWORD", help="better in the environment than here")]


def register(cli: typer.Typer) -> None:
    cli.command("import")(import_files)
    cli.command("export")(export)


def import_files(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="one or several files")],
    kind: Annotated[As | None, typer.Option("--as", help="what the files are; found out when absent")] = None,
    device: Annotated[str | None, typer.Option(help="serial of the device; made when there is none")] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="csv: COLUMN=key[:unit[:quantity]], repeatable")
    ] = None,
    time_column: Annotated[str | None, typer.Option(help="csv: heading or number of the column of times")] = None,
    time_format: Annotated[
        str | None, typer.Option(help="csv: ymd, dmy, mdy, epoch_s, epoch_ms, epoch_us or epoch_ns")
    ] = None,
    separator: Annotated[str | None, typer.Option(help="csv: one sign; tab is \\t")] = None,
    decimal: Annotated[str | None, typer.Option(help="csv: . or ,")] = None,
    header: Annotated[bool | None, typer.Option(help="csv: whether the first row is a heading")] = None,
    zone: Annotated[str | None, typer.Option(help="of times without an offset, e.g. Europe/Budapest")] = None,
    first_date: Annotated[str | None, typer.Option(help="current-logger: date of the first row")] = None,
    date: Annotated[
        str | None, typer.Option(help="current-logger: date of the last row; else the file's own time")
    ] = None,
    again: Annotated[bool, typer.Option(help="current-logger: rows imported before as well")] = False,
    preview: Annotated[bool, typer.Option(help="csv: only show how the file would be read")] = False,
    url: Url = "http://localhost:8000",
    token: Token = None,
    user: User = None,
    password: Password = None,
) -> None:
    """Bring files of older systems, or any table of text, into a running server.

    Run the same command again after an interruption and it goes on; run it on the same file twice and nothing is
    doubled.
    """
    options: dict[str, Any] = {
        "device": device,
        "zone": zone,
        "first_date": first_date,
        "last_date": date,
        "separator": "\t" if separator in ("\\t", "tab") else separator,
        "decimal": decimal,
        "header": header,
        "time_column": time_column,
        "time_format": time_format,
        "columns": [_column(told) for told in columns] if columns else None,
    }
    options = {name: value for name, value in options.items() if value is not None}
    if again:
        options["again"] = True
    with reported():
        client = sign_in(url, token, user, password)
        failed = False
        for path in files:
            how = kind.value if kind is not None else kind_of(path)
            if preview:
                _preview(client, path, options)
            else:
                failed |= not _import_one(client, path, how, options)
    if failed:
        raise typer.Exit(1)


def _import_one(client: Client, path: Path, kind: str, options: dict[str, Any]) -> bool:
    with bars() as shown, at_rest(path) as source:
        job_id = send(client, source, kind, options, shown, name=path.name)
        job = client.post(f"/imports/{job_id}/start")
        job = follow(client, job_id, shown)
    left_out = sum(one["count"] for one in job["rejected"])
    typer.echo(
        f"{path.name}: {job['state']}, {job['rows']} rows, {job['accepted']} samples"
        + (f", {job['duplicates']} repeated inside the file" if job["duplicates"] else "")
        + (f", {left_out} left out" if left_out else "")
    )
    for one in job["rejected"]:
        lines = ", ".join(map(str, one["lines"]))
        typer.echo(f"  {one['reason']}: {one['count']}, first on line {lines}")
    if job["error"]:
        typer.echo(f"ohmstead: {path.name}: {job['error']}", err=True)
    return bool(job["state"] == "done")


def _preview(client: Client, path: Path, options: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    asked = {name: value for name, value in options.items() if name in _WAYS}
    with path.open("rb") as file:
        found = client.post_bytes("/imports/preview", file.read(HEAD_BYTES), asked)
    sign = {"\t": "tab"}.get(found["separator"], found["separator"])
    typer.echo(
        f"{path.name}: {found['encoding']}, separator {sign}, decimal {found['decimal']}, "
        f"{'with' if found['header'] else 'without'} a heading"
    )
    zone = "with offsets" if found["zoned"] else f"in {options.get('zone', 'the zone of the site')}"
    typer.echo(f"time: {found['time_column'] or 'not found'} ({found['time_format'] or '?'}, {zone})")
    for one in found["mapping"]:
        typer.echo(f"  --map '{one['column']}={one['key']}:{one['unit'] or ''}:{one['quantity'] or 'generic'}'")
    for doubt in found["ambiguous"]:
        typer.echo(f"  look again: {doubt}")
    table = Table(*found["columns"])
    for row in found["rows"][:10]:
        table.add_row(*row)
    Console().print(table)


def _column(told: str) -> dict[str, str]:
    column, sign, channel = told.rpartition("=")
    if not sign or not column or not channel:
        fail(f"--map {told!r}: write COLUMN=key, COLUMN=key:unit or COLUMN=key:unit:quantity")
    key, unit, quantity = [*channel.split(":", 2), "", ""][:3]
    found = {"column": column, "key": key} | ({"unit": unit} if unit else {})
    return found | ({"quantity": quantity} if quantity else {})


def export(
    channel: Annotated[list[str] | None, typer.Option(help="id, or SERIAL/key; repeatable")] = None,
    device: Annotated[str | None, typer.Option(help="serial: every channel of this device")] = None,
    out: Annotated[Path | None, typer.Option(help="file to write; - or nothing: standard output")] = None,
    start: Annotated[str | None, typer.Option("--from", help="RFC 3339 or milliseconds")] = None,
    end: Annotated[str | None, typer.Option("--to", help="RFC 3339 or milliseconds, not included")] = None,
    form: Annotated[
        str | None, typer.Option("--format", help="csv, parquet or current-data; by the file's name when absent")
    ] = None,
    url: Url = "http://localhost:8000",
    token: Token = None,
    user: User = None,
    password: Password = None,
) -> None:
    """Write raw samples of a running server to a file."""
    form = form or ("parquet" if out is not None and out.suffix == ".parquet" else "csv")
    if form not in ("csv", "parquet", "current-data"):
        fail(f"--format {form!r}: csv, parquet or current-data")
    with reported():
        client = sign_in(url, token, user, password)
        query: dict[str, Any] = {"from": start, "to": end}
        query = {name: value for name, value in query.items() if value is not None}
        if form == "current-data":
            path = f"/devices/{_device(client, device)['id']}/export/current_data.csv"
        else:
            path = f"/export.{form}"
            query["channel"] = _channels(client, channel or [], device)
        pieces = client.download(path, query)
        if out is None or str(out) == "-":
            for data in pieces:
                sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        partial = out.with_name(out.name + ".part")
        try:
            with partial.open("wb") as file:
                for data in pieces:
                    file.write(data)
            partial.replace(out)
        finally:
            partial.unlink(missing_ok=True)
    stamp = datetime.now(UTC).strftime("%H:%M:%SZ")
    typer.echo(f"{out}: {out.stat().st_size} bytes at {stamp}", err=True)


def _devices(client: Client) -> list[Any]:
    found: list[Any] = []
    after = "0"
    while True:
        page = client.get("/devices", {"limit": 1000, "after": after})
        found += page["items"]
        if page["next"] is None:
            return found
        after = page["next"]


def _device(client: Client, serial: str | None) -> Any:
    for device in _devices(client):
        if device["serial"] == serial:
            return device
    raise ServerError(f"there is no device {serial}" if serial else "name the device with --device")


def _channels(client: Client, told: list[str], serial: str | None) -> list[str]:
    if serial is not None:
        return [c["id"] for c in _device(client, serial)["channels"]]
    if not told:
        raise ServerError("name what to export with --channel or --device")
    if all(one.isdecimal() for one in told):
        return told
    known = {f"{d['serial']}/{c['key']}": str(c["id"]) for d in _devices(client) for c in d["channels"]}
    for one in told:
        if not one.isdecimal() and one not in known:
            raise ServerError(f"there is no channel {one}; write SERIAL/key")
    return [one if one.isdecimal() else known[one] for one in told]


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """End with one line on standard error and exit code 1 where the server or a file says no."""
    try:
        yield
    except ServerError as error:
        fail(error)
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except KeyboardInterrupt:
        fail("interrupted; the same command goes on where this one stopped")


def fail(error: object) -> NoReturn:
    typer.echo(f"ohmstead: {error}", err=True)
    raise typer.Exit(1)
