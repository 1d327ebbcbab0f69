"""`ohmstead firmware keys | sign | verify | publish`: from a folder of files to a release on a server."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from ohmstead.commands.client import ServerError, sign_in
from ohmstead.commands.transfer import Password, Token, Url, User
from ohmstead.domain.bundle import read_bundle, write_bundle
from ohmstead.domain.errors import DomainError
from ohmstead.domain.image import read_micropython
from ohmstead.domain.release import (
    FIRST_LOADER,
    MOST_BYTES,
    Manifest,
    RefusedRelease,
    ReleaseFile,
    digest,
    read_manifest,
    write_manifest,
)
from ohmstead.domain.signing import EXPONENT, KEY_BITS, PublicKey
from ohmstead.runtime.multipart import write_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LOCAL: Final = "http://localhost:8000"
MOST_KEYS: Final = 4  # what a device keeps
KeyFile = Annotated[Path, typer.Option("--key", help="private key, PEM")]


def register(cli: typer.Typer) -> None:
    cli.command("keys")(keys)
    cli.command("sign")(sign)
    cli.command("verify")(verify)
    cli.command("publish")(publish)


def keys(
    out: Annotated[Path, typer.Option(help="private key; beside it, the public one is written as .json")] = Path(
        "ohmstead-signing.pem"
    ),
    trust: Annotated[bool, typer.Option("--trust", help="let the server at --url take what this key signs")] = False,
    name: Annotated[str, typer.Option(help="what people call this key")] = "",
    url: Url = LOCAL,
    token: Token = None,
    user: User = None,
    password: Password = None,
) -> None:
    """Make a key that signs releases, if there is none yet; show its public half."""
    if not out.exists():
        _make_key(out)
        typer.echo(f"{out}: keep it secret and keep a copy; devices take only what it signs", err=True)
    public = public_of(load_key(out))
    described = {"keys": [{"id": public.id, "n": public.hexadecimal}]}
    public_file = out.with_suffix(".json")
    with _said_plainly():
        public_file.write_text(json.dumps(described, indent=1) + "\n")
        if trust:
            with contextlib.closing(sign_in(url, token, user, password)) as server:
                server.post("/release-keys", {"name": name or out.stem, "n": public.hexadecimal})
            typer.echo(f"{url} trusts {public.id} now", err=True)
    typer.echo(f"{public.id}  {public_file}")


def sign(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="every file in it is part of it")],
    version: Annotated[str, typer.Option(help="e.g. 1.5.0")],
    board: Annotated[list[str], typer.Option(help="repeatable")],
    key: KeyFile = Path("ohmstead-signing.pem"),
    out: Annotated[Path | None, typer.Option(help="the bundle [default: ohmstead-VERSION.tar]")] = None,
    min_loader: Annotated[int, typer.Option(help="oldest boot.py that can start it")] = FIRST_LOADER,
) -> None:
    """Make a signed bundle of a folder."""
    target = out or Path(f"ohmstead-{version}.tar")
    with _said_plainly():
        contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_in(folder)}
        read_micropython(contents, board)
        archive = make_bundle(contents, version, tuple(board), load_key(key), min_loader)
        target.write_bytes(archive)
    typer.echo(f"{target}: {len(contents)} files, {sum(map(len, contents.values()))} bytes, version {version}")


def verify(
    bundle: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    keys: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="public keys, JSON")] = Path(
        "ohmstead-signing.json"
    ),
) -> None:
    """Check a bundle as a device does, and show what is in it; exit 1 if it is not good."""
    with _said_plainly():
        found = read_bundle(bundle.read_bytes())
        trusted = [PublicKey.parse(one["n"]) for one in json.loads(keys.read_text())["keys"][:MOST_KEYS]]
        signer = next((key for key in trusted if key.verifies(found.raw_manifest, found.signature)), None)
        if signer is None:
            raise RefusedRelease("signature", "by none of these keys")
        manifest = found.manifest
        read_micropython(found.by_path, manifest.boards)
    typer.echo(f"{manifest.version} for {', '.join(manifest.boards)}, signed by {signer.id}")
    for file in manifest.files:
        typer.echo(f"{file.size:>9}  {file.sha256[:16]}  {file.path}")


def publish(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a bundle, or a vendor's .bin")],
    board: Annotated[list[str] | None, typer.Option(help="of a vendor's image; repeatable")] = None,
    version: Annotated[str | None, typer.Option(help="of a vendor's image")] = None,
    channel: Annotated[str, typer.Option(help="stable or beta")] = "stable",
    notes: Annotated[str, typer.Option(help="what is new")] = "",
    url: Url = LOCAL,
    token: Token = None,
    user: User = None,
    password: Password = None,
) -> None:
    """Bring a bundle or a vendor's image to a server, which checks it."""
    fields = {"channel": channel, "notes": notes}
    image = file.suffix.lower() == ".bin"
    if image:
        fields |= {"board": ",".join(board or ()), "version": version or ""}
    with _said_plainly():
        if file.stat().st_size > MOST_BYTES + (1 << 20):
            raise RefusedRelease("size", f"{file} is larger than any release")
        body, content_type = form_with(fields, "image" if image else "bundle", file.name, file.read_bytes())
        with contextlib.closing(sign_in(url, token, user, password)) as server:
            made = server.post_form("/releases", body, content_type)
    typer.echo(f"release {made['id']}: {made['version']} for {', '.join(made['boards'])}, {made['size']} bytes")


def files_in(folder: Path) -> list[Path]:
    """Every file below, in order of their names; what begins with a dot is left out."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path for path in found if not any(p.startswith(".") for p in path.relative_to(folder).parts))


def make_bundle(
    contents: dict[str, bytes], version: str, boards: tuple[str, ...], key: "RSAPrivateKey", min_loader: int
) -> bytes:
    """The signed archive; files in order of their paths. Raises RefusedRelease."""
    files = tuple(ReleaseFile(path, len(content), digest(content)) for path, content in sorted(contents.items()))
    raw = write_manifest(Manifest(version, boards, files, min_loader))
    read_manifest(raw)  # what a server would refuse is not signed
    return write_bundle(raw, sign_bytes(key, raw), contents)


def sign_bytes(key: "RSAPrivateKey", message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return key.sign(message, PKCS1v15(), SHA256())


def public_of(key: "RSAPrivateKey") -> PublicKey:
    return PublicKey(key.public_key().public_numbers().n)


def load_key(path: Path) -> "RSAPrivateKey":
    """Exit 1 with one line when it is no key of ours."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        fail(f"{path}: no private key can be read from it: {error}")
    if not isinstance(found, RSAPrivateKey) or found.key_size != KEY_BITS:
        fail(f"{path}: no RSA key of {KEY_BITS} bits")
    return found


def _make_key(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = generate_private_key(EXPONENT, KEY_BITS)
    with _said_plainly(), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def form_with(fields: dict[str, str], name: str, file_name: str, content: bytes) -> tuple[bytes, str]:
    """A multipart form with one file: body and content type."""
    boundary = f"ohmstead-{os.urandom(12).hex()}"
    texts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'.encode()
        for key, text in fields.items()
    ]
    before, behind = write_file(boundary, name, file_name, content)
    return b"".join([*texts, before, content, behind]), f"multipart/form-data; boundary={boundary}"


@contextlib.contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except ServerError as error:
        fail(str(error))
    except (DomainError, OSError) as error:
        fail(str(error))
    except (ValueError, KeyError, TypeError) as error:
        fail(f"this cannot be read: {error}")


def fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
