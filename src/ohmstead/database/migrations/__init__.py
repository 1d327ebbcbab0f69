"""Alembic's scripts. To add one: `python -m ohmstead.database.migrations "what it does"`, read it, set schema.HEAD."""
