"""Which remotes a repository has, as its configuration says.

Belongs here: their names and addresses, and which one is meant where nobody says. Does not: asking one (see
`workflow.manage.remote_branch`), or what was fetched from them (see `bases.Refs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def list_remotes(config: Mapping[str, str]) -> list[str]:
    """The names of the remotes that have an address, origin first, then sorted."""
    names = {key[len("remote.") : -len(".url")] for key in config if _is_address(key)}
    return put_origin_first(sorted(names))


def main_remote(config: Mapping[str, str]) -> str | None:
    """The remote that is meant where nobody names one: origin, else the first; None without any."""
    return next(iter(list_remotes(config)), None)


def main_address(config: Mapping[str, str]) -> str:
    """The address of the main remote; '' without any."""
    name = main_remote(config)
    return config[f"remote.{name}.url"] if name is not None else ""


def list_promisors(config: Mapping[str, str]) -> tuple[str, ...]:
    """The remotes that promised what a partial clone lacks, the clone's own first; () for a full clone."""
    own = config.get("extensions.partialclone")
    names = {
        key[len("remote.") : -len(".promisor")]
        for key, value in config.items()
        # A key without a value is true.
        if key.startswith("remote.")
        and key.endswith(".promisor")
        and value.lower() not in ("false", "no", "off", "0")
    }
    return tuple(dict.fromkeys([*([own] if own else []), *put_origin_first(sorted(names))]))


def put_origin_first(names: Iterable[str]) -> list[str]:
    """The names in their order, but origin before all others."""
    return sorted(names, key=lambda name: name != "origin")


def _is_address(key: str) -> bool:
    return key.startswith("remote.") and key.endswith(".url")
