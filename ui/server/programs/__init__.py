"""For programs that call the page: calls that are sent again, and results that are posted."""
