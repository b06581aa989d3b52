"""How Alembic reaches the database: through the connection that auth.database.migrate already holds and has locked."""

from alembic import context

from auth.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
