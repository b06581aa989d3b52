"""Text that strangers wrote, made harmless before it is shown, the page's languages, and how faces are numbered.

It imports nothing of ours."""
