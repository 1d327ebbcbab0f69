"""`ohmstead firmware provision`: Wi-Fi, server and token in one go, and a QR code to stick on the device."""

import io
import json
import secrets
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import typer

from ohmstead.commands import firmware_image as image
from ohmstead.commands.client import ServerError, sign_in
from ohmstead.commands.firmware_build import CONFIG, BoardName, SourcesFolder, reported
from ohmstead.commands.firmware_pack import PACK, listed
from ohmstead.commands.firmware_sources import BuildError, Sources
from ohmstead.commands.transfer import Password, Token, User

LOCAL: Final = "http://localhost:8000"

# Read aloud and typed on a phone: no 0 and O, no 1 and l.
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_LENGTH: Final = 10
_LINKS: Final = {  # scheme → link, port when none is said, encrypted
    "http": ("http", 8000, False),
    "https": ("http", 443, True),
    "mqtt": ("mqtt", 1883, False),
    "mqtts": ("mqtt", 8883, True),
}


def register(cli: typer.Typer) -> None:
    cli.command("provision")(provision)


def provision(
    filesystem: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="filesystem.bin of a build")],
    board: BoardName,
    serial: Annotated[str, typer.Option(help="the device's serial")],
    ssid: Annotated[str, typer.Option(help="name of the Wi-Fi it joins")],
    server: Annotated[
        str, typer.Option(help="where the device reaches the server, as http://192.168.1.5:8000 or mqtt://…")
    ],
    wifi_password: Annotated[
        str | None, typer.Option(envvar="OHMSTEAD_WIFI_PASSWORD", help="asked for when absent; empty: open")
    ] = None,
    device_token: Annotated[
        str | None, typer.Option(envvar="OHMSTEAD_DEVICE_TOKEN", help="the device's token; made at --url when absent")
    ] = None,
    url: Annotated[str | None, typer.Option(help="where the server is reached from here")] = None,
    name: Annotated[str | None, typer.Option(help="what people call the device")] = None,
    token: Token = None,
    user: User = None,
    password: Password = None,
    out: Annotated[Path | None, typer.Option(help="where the result goes; default: over the file given")] = None,
    sources: SourcesFolder = None,
) -> None:
    """Write Wi-Fi, server and token into a file system image, ready to flash; prints a QR code for the device."""
    with reported():
        chosen = Sources(sources).board(board)
        files = image.listing(filesystem.read_bytes())
        if CONFIG not in files:
            raise BuildError(f"{filesystem} holds no {CONFIG}; make it with: ohmstead firmware build")
        given = json.loads(files[CONFIG])
        link = provisioned(given, serial, ssid, "", server, "")["server"]["link"]
        modules = [*files, *(name for path in files if path.endswith(PACK) for name in listed(files[path]))]
        if not any(path.endswith(f"links/{link}.mpy") for path in modules):
            raise BuildError(
                f"{filesystem} cannot speak {link}: build it with server.link {link!r} in its configuration"
            )
        if wifi_password is None:
            wifi_password = typer.prompt(
                f"Password of {ssid}", hide_input=True, default="", show_default=False, err=True
            )
        if device_token is None:
            there = url or (server if server.startswith("http") else LOCAL)
            device_token = make_token(there, serial, name, token, user, password)
        config = provisioned(given, serial, ssid, wifi_password, server, device_token)
        files[CONFIG] = json.dumps(config).encode()
        target = out or filesystem
        target.write_bytes(image.filesystem(files, chosen.filesystem))
        target.chmod(0o600)
        typer.echo(f"{target} is for {serial} only: it holds secrets.", err=True)
        typer.echo(sticker(config))


def provisioned(
    config: dict[str, Any], serial: str, ssid: str, wifi_password: str, server: str, device_token: str
) -> dict[str, Any]:
    """The configuration with what makes it this device's. A password of its own is kept or made. Raises BuildError."""
    before, found = config.get("server") or {}, reached(server)
    if before.get("link") == "signed" and found["link"] == "http" and not found["tls"]:
        found["link"] = "signed"  # made not to say its token
    password = config.get("password") or "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return config | {
        "serial": serial,
        "password": password,
        "ap_name": config.get("ap_name") or f"Ohmstead-{serial[-4:]}",
        "wifi": [{"ssid": ssid, "password": wifi_password}],
        "server": before | found | {"token": device_token},
    }


def reached(url: str) -> dict[str, Any]:
    """How the device finds the server: http, https, mqtt and mqtts name the link."""
    parts = urlsplit(url)
    if parts.scheme not in _LINKS or not parts.hostname:
        raise BuildError(f"{url!r} is not the address of a server; one is http://192.168.1.5:8000")
    link, port, tls = _LINKS[parts.scheme]
    return {"link": link, "host": parts.hostname, "port": parts.port or port, "tls": tls}


def make_token(
    url: str, serial: str, name: str | None, token: str | None, user: str | None, password: str | None
) -> str:
    """A token from a running server: of a new device, or a new one of a device that is known. Raises ServerError."""
    client = sign_in(url, token, user, password)
    try:
        try:
            made = client.post("/devices", {"serial": serial} | ({"name": name} if name else {}))
        except ServerError as error:
            if error.status != 409:
                raise
            if not typer.confirm(f"{serial} is known: give it a new token? Its old one ends.", err=True):
                raise BuildError("nothing was changed") from error
            known = next(d for d in _devices(client) if d["serial"] == serial)
            made = client.post(f"/devices/{known['id']}/rotate-token")
        return str(made["token"])
    finally:
        client.close()


def _devices(client: Any) -> Any:
    after = None
    while True:
        page = client.get("/devices", {"limit": 100} | ({"after": after} if after else {}))
        yield from page["items"]
        if not (after := page.get("next")):
            return


def sticker(config: dict[str, Any]) -> str:
    """A QR code that joins a phone to the device's own Wi-Fi, and the same in words."""
    image.need("segno")
    import segno

    name, password = config["ap_name"], config["password"]
    drawn = io.StringIO()
    segno.make(f"WIFI:T:WPA;S:{_escaped(name)};P:{_escaped(password)};;", micro=False).terminal(drawn, compact=True)
    return (
        f"{drawn.getvalue()}\nTo set it up again: join Wi-Fi {name}, password {password}, then open http://192.168.4.1/"
    )


def _escaped(text: str) -> str:
    return "".join("\\" + sign if sign in '\\;,:"' else sign for sign in text)
