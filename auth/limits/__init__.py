"""What one user may have at a time: bytes on their way, and events that wait."""
