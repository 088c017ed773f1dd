"""One change that is a commit of its own on two branches. Begin at `copies`."""
