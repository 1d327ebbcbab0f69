"""Run by Alembic, over the connection it is given."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes.get("metadata"),
    render_as_batch=True,  # SQLite cannot alter most things in place
    compare_type=False,  # what a type is called differs between the databases
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
