"""Making a repository ready, taking that back, and finding out by trying which gates are on.

Belongs here: `init`, its uninstall, `doctor`. Does not: the hooks' files (`hooks`), or what a gate says.
"""
