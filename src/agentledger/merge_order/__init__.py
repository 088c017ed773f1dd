"""In which order branches merge, and why: from pairs, constraints and waiting times. Begin at `rank_branches`."""
