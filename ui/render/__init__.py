"""Results as HTML: nothing here judges."""
