"""Reads the sample's files, which are in `templates/demo/` under their own names.

Belongs here: finding them, and what is not in them as it is in the sample. Does not: which commit has which file
(see `demo_base` and `demo_branches`), or filling in documents (see `demo_documents`).

`versions/` has a folder for each change of the shop, with the files that it changed, whole. `tasks/` has the
documents of each task.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from agentledger.model.errors import LedgerError
from agentledger.storage import resources
from agentledger.workflow.demo.demo_fleet import BuildState, File

# Two files of the sample have characters that turn the order of a line around. In `templates/demo/` these are
# spelled out (`\u202e`), so that whoever reads or reviews the file there is not misled by it.
_SPELLED = re.compile(rb"\\u(20[26][0-9a-f])")


@cache
def read_demo_file(path: str) -> bytes:
    """The file of this path below `templates/demo/`. Raises LedgerError where it is missing."""
    try:
        content = (resources.resource_folder("templates") / "demo" / path).read_bytes()
    except OSError as error:
        raise LedgerError(
            f"agentledger's own file “templates/demo/{path}” cannot be read: {error.strerror}",
            "The installation is incomplete: install agentledger again.",
        ) from error
    return _SPELLED.sub(lambda match: chr(int(match[1], 16)).encode(), content)


def take_versions(
    change: str, *paths: str, mode: str = "100644", also: Mapping[str, File] | None = None
) -> Callable[[BuildState], Mapping[str, File]]:
    """What gives the files of a step: these paths as they are in `versions/` after that change, and `also`.

    They are named one by one, since installing a wheel adds compiled files beside those of Python. They are read
    when the demo is made, not at import.
    """

    def read(_: BuildState) -> Mapping[str, File]:
        files = {path: File(read_demo_file(f"versions/{change}/{path}"), mode) for path in paths}
        return {**files, **(also or {})}

    return read
