"""What single cells say, whatever container they stand in."""
