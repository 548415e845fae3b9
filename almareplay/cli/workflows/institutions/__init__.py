"""What commands do for the institutions of a consortium."""
