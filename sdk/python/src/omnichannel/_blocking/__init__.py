"""The blocking client: it waits by blocking its caller, and its streams read in threads."""
