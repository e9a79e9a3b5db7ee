"""The asynchronous client: everything runs in the event loop that made the client."""
