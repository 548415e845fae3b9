"""What a command prints and logs, what it asks for, and its exit codes."""
