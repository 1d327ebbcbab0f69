"""The command line: `ohmstead serve` and its relatives."""

import asyncio
import gc
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import structlog
import typer

from ohmstead import __version__, settings
from ohmstead.commands import demo, doctor, firmware, keeping, measure, people, simulate, simulate_force, transfer

if TYPE_CHECKING:
    from ohmstead.app import App
    from ohmstead.listening import Sockets

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
user_cli = typer.Typer(no_args_is_help=True, help="People who may log in.")
cli.add_typer(user_cli, name="user")
tls_cli = typer.Typer(no_args_is_help=True, help="Encrypted ports.")
cli.add_typer(tls_cli, name="tls")
people.register(cli, user_cli)
for _group in (transfer, simulate, simulate_force, demo, keeping, doctor, measure, firmware):
    _group.register(cli)

DataDir = Annotated[Path | None, typer.Option(help="folder for everything that is kept [default: data]")]


@cli.callback()
def about() -> None:
    """Ohmstead: one server for devices that measure and switch."""


@cli.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@cli.command()
def serve(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="address to listen on; default all, IPv4 and IPv6")] = None,
    http_port: Annotated[list[int] | None, typer.Option(help="repeatable; default 8000 and 5000")] = None,
    mqtt_port: Annotated[int | None, typer.Option(help="0 switches MQTT off; default 1883")] = None,
    https_port: Annotated[int | None, typer.Option(help="needs `ohmstead tls init` once")] = None,
    mqtts_port: Annotated[int | None, typer.Option(help="needs `ohmstead tls init` once")] = None,
    database_url: Annotated[str | None, typer.Option(help="postgresql+psycopg://… instead of SQLite")] = None,
) -> None:
    """Run the server."""
    _log_to_console()
    from ohmstead.app import serve as serve_app
    from ohmstead.database import StartupError, StorageFailure

    try:
        chosen = settings.load(
            data_dir=data_dir,
            host=host,
            http_port=http_port,
            mqtt_port=mqtt_port,
            https_port=https_port,
            mqtts_port=mqtts_port,
            database_url=database_url,
        )
        # What the imports made lives for ever: no collection needs to look at it again.
        gc.collect()
        gc.freeze()
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(serve_app(chosen, _announce))
    except (settings.Unusable, StartupError, StorageFailure) as error:
        _fail(error)


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.Loop


def _announce(app: "App", opened: "Sockets", made_admin: bool) -> None:
    host = app.settings.host or "localhost"
    scheme = "https" if opened.https else "http"
    first = next(p.port for p in opened.ports if p.kind == scheme and p.state == "open")
    base = f"{scheme}://{host}:{first}"
    for port in opened.ports:
        state = "listening" if port.state == "open" else f"skipped ({port.detail})"
        typer.echo(f"  {port.kind:<5} {port.port:<6} {state}")
    typer.echo(f"Ohmstead {__version__} is at {base}/   data: {app.settings.data_dir.absolute()}")
    if app.people.setup_needed:
        typer.echo(f"Set it up once: {base}/setup#{app.setup.renew()}")
    elif made_admin:
        typer.echo("User `admin` was made with the password of OHMSTEAD_ADMIN_PASSWORD.")
    sys.stdout.flush()


@user_cli.command("link")
def user_link(
    data_dir: DataDir = None,
    url: Annotated[str, typer.Option(help="where the server is reached")] = "http://localhost:8000",
) -> None:
    """Print a new set-up link; older ones stop working."""
    from ohmstead.services.secrets import SetupLink

    try:
        folder = settings.load(data_dir=data_dir).data_dir
    except settings.Unusable as error:
        _fail(error)
    if not folder.is_dir():
        _fail(f"there is no data folder {folder}; start `ohmstead serve` first, or name it with --data-dir")
    typer.echo(f"{url}/setup#{SetupLink(folder).renew()}")


@tls_cli.command("init")
def tls_init(
    data_dir: DataDir = None,
    name: Annotated[list[str] | None, typer.Option(help="host name or address, repeatable; found if absent")] = None,
) -> None:
    """Make a certificate authority for this server and a certificate signed by it."""
    from ohmstead.runtime.certificates import LocalAuthority, own_names

    folder = settings.load(data_dir=data_dir).data_dir
    authority = LocalAuthority(folder / "tls")
    names = name or own_names()
    authority.create(names)
    typer.echo(f"A certificate for {', '.join(names)} is in {authority.folder.absolute()}.")
    typer.echo("Start with: ohmstead serve --https-port 8443 --mqtts-port 8883")
    typer.echo("Phones and computers trust it once they have installed ca.crt; the server offers it at /ca.crt.")


@cli.command("openapi", hidden=True)
def openapi() -> None:
    """Print the OpenAPI document, from which contract/openapi.json is made."""
    import json

    from ohmstead.api.application import build_api

    typer.echo(json.dumps(build_api().openapi(), indent=1, ensure_ascii=False, sort_keys=True))


def _log_to_console() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _fail(error: object) -> NoReturn:
    typer.echo(f"ohmstead: {error}", err=True)
    raise typer.Exit(1)


def main() -> None:
    cli()
