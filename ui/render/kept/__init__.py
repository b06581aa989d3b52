"""What the history keeps, drawn again: its list, each kind of entry, its report, and what a second check says."""
