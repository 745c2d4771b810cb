"""The commands about what is kept: bringing it in, taking it out, erasing it."""
