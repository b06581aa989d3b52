"""Text that strangers wrote, made harmless before it is shown or exported. It imports nothing of ours."""
