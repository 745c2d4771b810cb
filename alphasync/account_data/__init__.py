"""All that is kept of an account: taking it out, and erasing it."""
