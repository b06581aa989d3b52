"""How Alembic reaches the database: by the connection that storage.database.migrate holds and has locked."""

from alembic import context

from storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
