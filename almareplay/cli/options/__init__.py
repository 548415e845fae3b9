"""What can be typed after a command, each option declared once."""
