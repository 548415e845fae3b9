"""What is asked of Alma before anything is posted."""
