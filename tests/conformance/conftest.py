"""Both databases for every test here that asks for `place`."""

from databases import fresh_database, place, server

__all__ = ["fresh_database", "place", "server"]
