"""The demos: everything in one go, on stand-ins."""
