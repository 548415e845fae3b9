"""What Alma's API takes and answers, as data, and what holds every call of the tests against it."""
