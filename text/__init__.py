"""Text that strangers wrote, made harmless before it is shown, and the page's languages. It imports nothing of ours."""
