"""Alembic's door: runs on the connection it is given, inside the caller's transaction."""

from alembic import context

from storage.dialect import partial_on_postgres
from storage.tables import tables

partial_on_postgres(tables)
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables,
    transactional_ddl=True,
    compare_server_default=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
