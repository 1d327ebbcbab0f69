"""`ohmstead firmware …`: what runs on devices, from key to rollout. One module per family of verbs.

A family offers `register(firmware_cli)` and is named in `FAMILIES`.
"""

import typer

from ohmstead.commands import (
    firmware_build,
    firmware_flash,
    firmware_new_driver,
    firmware_provision,
    firmware_releases,
)

FAMILIES = (firmware_new_driver, firmware_build, firmware_flash, firmware_provision, firmware_releases)

firmware_cli = typer.Typer(no_args_is_help=True, help="What runs on devices: keys, bundles, releases.")


def register(cli: typer.Typer) -> None:
    for family in FAMILIES:
        family.register(firmware_cli)
    cli.add_typer(firmware_cli, name="firmware")
