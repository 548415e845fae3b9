"""What Alma answers, read leniently: a field that is missing or odd is empty."""
