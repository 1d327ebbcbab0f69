"""`ohmstead user …` and `ohmstead token …`: people and machines of a running server."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ohmstead.commands.client import Client, ServerError, sign_in
from ohmstead.commands.transfer import Password, Token, Url, User

LOCAL = "http://localhost:8000"
Role = Annotated[str, typer.Option(help="viewer, operator or admin")]

token_cli = typer.Typer(no_args_is_help=True, help="Credentials of machines.")


def register(cli: typer.Typer, user_cli: typer.Typer) -> None:
    cli.add_typer(token_cli, name="token")
    user_cli.command("list")(list_users)
    user_cli.command("add")(add_user)
    user_cli.command("invite")(invite)
    user_cli.command("password")(reset_password)
    user_cli.command("remove")(remove_user)
    user_cli.command("rescue")(rescue)


def list_users(url: Url = LOCAL, token: Token = None, user: User = None, password: Password = None) -> None:
    """List the people who may log in."""
    with _server(url, token, user, password) as server:
        _table(("Name", "Role"), [(u["username"], u["role"]) for u in server.get("/users")])


def add_user(
    name: str,
    role: Role = "viewer",
    url: Url = LOCAL,
    token: Token = None,
    user: User = None,
    password: Password = None,
) -> None:
    """Add a person; asks for their password."""
    with _server(url, token, user, password) as server:
        theirs = typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True, err=True)
        server.post("/users", {"username": name, "password": theirs, "role": role})
        typer.echo(f"{name} may log in as {role}.")


def invite(
    role: Role = "viewer",
    note: Annotated[str, typer.Option(help="for whom it is")] = "",
    url: Url = LOCAL,
    token: Token = None,
    user: User = None,
    password: Password = None,
) -> None:
    """Print a link with which one person makes their own account within a week."""
    with _server(url, token, user, password) as server:
        made = server.post("/invitations", {"role": role, "note": note})
        typer.echo(f"{server.url}/join#{made['token']}")


def reset_password(
    name: str, url: Url = LOCAL, token: Token = None, user: User = None, password: Password = None
) -> None:
    """Give a person a new password; ends their sessions."""
    with _server(url, token, user, password) as server:
        found = _one(server.get("/users"), "username", name)
        theirs = typer.prompt(f"New password of {name}", hide_input=True, confirmation_prompt=True, err=True)
        server.json("PATCH", f"/users/{found['id']}", {"password": theirs})
        typer.echo(f"{name} has a new password.")


def remove_user(name: str, url: Url = LOCAL, token: Token = None, user: User = None, password: Password = None) -> None:
    """Remove a person."""
    with _server(url, token, user, password) as server:
        server.json("DELETE", f"/users/{_one(server.get('/users'), 'username', name)['id']}")
        typer.echo(f"{name} is removed.")


def rescue(
    name: str,
    data_dir: Annotated[Path | None, typer.Option(help="folder for everything that is kept [default: data]")] = None,
) -> None:
    """When nobody can log in any more: give NAME a new password and the role admin. Stop the server first."""
    from ohmstead import settings
    from ohmstead.commands.rescuing import give_back
    from ohmstead.database.errors import StartupError, StorageFailure
    from ohmstead.domain.errors import DomainError

    try:
        chosen = settings.load(data_dir=data_dir)
        theirs = typer.prompt(f"New password of {name}", hide_input=True, confirmation_prompt=True, err=True)
        asyncio.run(give_back(chosen.resolved_database_url, name, theirs))
    except (settings.Unusable, StartupError, StorageFailure, DomainError) as error:
        typer.echo(f"ohmstead: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{name} is admin and has a new password; older sessions are ended.")


@token_cli.command("list")
def list_tokens(url: Url = LOCAL, token: Token = None, user: User = None, password: Password = None) -> None:
    """List tokens and when they were last used."""
    with _server(url, token, user, password) as server:
        rows = [
            (t["id"], t["name"], ", ".join(t["scopes"]), _when(t["last_used_at"]), _when(t["expires_at"]))
            for t in server.get("/tokens")
        ]
        _table(("Id", "Name", "Scopes", "Last used", "Expires"), rows)


@token_cli.command("create")
def create_token(
    name: str,
    scope: Annotated[list[str], typer.Option(help="read, write, admin or mqtt; repeatable")],
    topic: Annotated[list[str] | None, typer.Option(help="MQTT filter a `mqtt` token may use; repeatable")] = None,
    url: Url = LOCAL,
    token: Token = None,
    user: User = None,
    password: Password = None,
) -> None:
    """Make a token and print it, this once."""
    with _server(url, token, user, password) as server:
        made = server.post("/tokens", {"name": name, "scopes": scope, "topics": topic or []})
        typer.echo(made["token"])


@token_cli.command("revoke")
def revoke_token(
    token_id: str, url: Url = LOCAL, token: Token = None, user: User = None, password: Password = None
) -> None:
    """End a token now, by its id."""
    with _server(url, token, user, password) as server:
        server.json("DELETE", f"/tokens/{token_id}")
        typer.echo(f"token {token_id} is revoked.")


@contextlib.contextmanager
def _server(url: str, token: str | None, user: str | None, password: str | None) -> Iterator[Client]:
    try:
        server = sign_in(url, token, user, password)
        try:
            yield server
        finally:
            server.close()
    except ServerError as error:
        typer.echo(f"ohmstead: {error}", err=True)
        raise typer.Exit(1) from None


def _one(items: list[dict[str, Any]], key: str, wanted: str) -> dict[str, Any]:
    found = next((item for item in items if item[key] == wanted), None)
    if found is None:
        raise ServerError(f"there is no {wanted}")
    return found


def _when(ms: int | None) -> str:
    return "" if ms is None else datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    table = Table(*heads)
    for row in rows:
        table.add_row(*map(str, row))
    Console().print(table)
