"""Numbers of what was removed: rules, scenes and people may still name it, so nothing else ever gets its number."""

import sqlalchemy as sa

from ohmstead.storage import notes


def retire(connection: sa.Connection, kind: str, number: int | None) -> None:
    """This one goes; None: there was none after all."""
    if number is not None and number > newest(connection, kind):
        notes.put(connection, f"retired {kind}", str(number))


def newest(connection: sa.Connection, kind: str) -> int:
    """The highest number of this kind that was ever removed."""
    return int(notes.get(connection, f"retired {kind}") or 0)
