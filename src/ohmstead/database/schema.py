"""The one MetaData all tables of the product stand on, and the version of their shape."""

from typing import Final

import sqlalchemy as sa

# Names of constraints must be the same on both databases, or migrations could not name them.
metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# "OHMS": a file that carries another number belongs to another program.
APPLICATION_ID: Final = 0x4F484D53

# The newest revision in migrations/versions. A database that says so needs no migration (and no Alembic).
HEAD: Final = "0011"

version_table: Final = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
)

# Facts of the store itself that outlive the process, by name.
fact: Final = sa.Table(
    "fact",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)
