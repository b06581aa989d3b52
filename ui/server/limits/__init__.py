"""What one visitor, or all of them, may take of the server: connections, time, log and files."""
