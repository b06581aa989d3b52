"""Text that strangers wrote: read as meant, and made harmless before it is shown. It imports nothing of ours."""
