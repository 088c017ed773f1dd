"""What may break though it merges: a name that one branch takes away and lines of another one use. Begin at `hints`."""
