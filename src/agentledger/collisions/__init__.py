"""Which pairs of branches collide, and what else they do to each other. Begin at `forecast_pairs`."""
