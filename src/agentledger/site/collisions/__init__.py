"""What the pages show of several branches at once: collisions, their picture, the merge order."""
