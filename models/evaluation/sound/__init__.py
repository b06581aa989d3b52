"""How well the voice network tells real speech from fake, and what would tell it without listening."""
