"""Many institutions after one outage: their settings, a look at all of them."""
