"""For programs that call the page: its description, calls that are sent again, and results that are posted."""
