"""Statements that are executed many times a second while samples wait in the same group."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa


class _Ready(NamedTuple):
    text: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]
    turned: Mapping[str, Any]  # what makes of a value what the driver takes
    positional: bool


class Often:
    """A statement that changes rows and returns none, made once for each engine and then given to the driver itself.

    SQLAlchemy's own way through `execute` costs several times what the statement does.
    """

    def __init__(self, statement: sa.Insert | sa.Update) -> None:
        self._statement = statement
        self._ready: dict[str, _Ready] = {}

    def __call__(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute it with each of the rows, which name every parameter; return how many rows were changed."""
        dialect = connection.dialect
        ready = self._ready.get(dialect.name)
        if ready is None:
            ready = self._ready[dialect.name] = _make(self._statement, dialect)
        text, names, fixed, turned, positional = ready
        values = []
        for row in rows:
            found = {name: row[name] if name in row else fixed[name] for name in names}
            for name, turn in turned.items():
                found[name] = turn(found[name])
            values.append(tuple(found[name] for name in names) if positional else found)
        raw: Any = connection.connection.dbapi_connection
        cursor = raw.cursor()
        try:
            cursor.executemany(text, values)
            return int(cursor.rowcount)
        finally:
            cursor.close()


def _make(statement: sa.Insert | sa.Update, dialect: sa.Dialect) -> _Ready:
    compiled: Any = statement.compile(dialect=dialect)
    names = tuple(compiled.positiontup or compiled.bind_names.values())
    fixed = {name: bind.value for bind, name in compiled.bind_names.items() if not bind.required}
    turned = {name: turn for name, turn in compiled._bind_processors.items() if turn is not None}
    return _Ready(str(compiled), names, fixed, turned, bool(compiled.positional))
