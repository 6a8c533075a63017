"""What waits to be upgraded on a host, and when it may restart: for the role security_updates."""
