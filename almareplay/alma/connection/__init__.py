"""The connections to one Alma, and single calls over them."""
