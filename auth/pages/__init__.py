"""The pages for accounts and for the operator."""
