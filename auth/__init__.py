"""Who may look: accounts, passwords, sessions, tokens, and the middleware before the page."""
