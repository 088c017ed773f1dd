"""Files of our own: what was computed, files written whole or not at all, what ships beside the code, settings.

Belongs here: how such a file is found, read and written. Does not: what is in it.
"""
