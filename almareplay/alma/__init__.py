"""Everything that knows Alma's API: what may be asked, how it answers, fails and limits."""
