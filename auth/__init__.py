"""Who may look, and what they looked at: accounts, sessions, history and feedback on MySQL or SQLite."""
