"""What an opened entry of the history is made of: its frame, its case file, its report, a second check."""
