"""What is kept: the database with its tables and migrations, history, feedback and uploads."""
