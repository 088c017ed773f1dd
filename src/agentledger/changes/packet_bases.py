"""Whether the base that a packet names is one of base's commits, and which files its list has to name.

Belongs here: both questions, for the packets of all branches at once. Does not: whether a packet is about the
change as it is now (see `freshness`), or what follows from a wrong base (see `rules.packet`).

*Files touched* is compared with the net change at the base and head that the packet names. An agent types both,
so a base that base never had, or one from before the branch began, could leave files out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentledger.changes import net_changes
from agentledger.changes.ancestry import History
from agentledger.changes.net_changes import Net
from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.rules.case import BaseDoubt, PacketFiles
from agentledger.storage.cache import Cache


class PacketBases:
    """The packets of some branches of a fleet, held against base's history; git is asked once for all."""

    def __init__(
        self,
        scratch: Scratch,
        fleet: Fleet,
        branches: Sequence[Branch],
        *,
        history: History,
        store: Cache | None = None,
    ) -> None:
        self._history, self._fleet, self._is_cut = history, fleet, scratch.is_shallow
        named = {b.ref: b.work.packet.base for b in branches if b.work and b.work.packet}
        self._kinds = self._ask_kinds(scratch, [base for base in named.values() if base])
        self._heads = {b.ref: _find_packet_head(b) for b in branches}
        self._bases = {b.ref: self._judge_base(b, named[b.ref]) for b in branches if b.ref in named}
        pairs = {
            b.ref: (base, head)
            for b in branches
            if (base := self._bases.get(b.ref, (None, ""))[1]) and (head := self._heads[b.ref])
        }
        nets = net_changes.find_nets_of_pairs(scratch, list(dict.fromkeys(pairs.values())), store)
        self._nets = {ref: nets[pair] for ref, pair in pairs.items()}

    def files(self, branch: Branch, now: Net, is_fresh: bool | None) -> PacketFiles | None:
        """Return what *Files touched* of a branch's packet has to name; None without a packet.

        `now` is what merging the branch's head into base changes, and `is_fresh` whether that is still the
        change of the packet's head. So no file that merging brings is left out where base has moved on; and
        where the packet's base or head is none to compare with, base and the branch as they are take its place.
        """
        if branch.ref not in self._bases:
            return None
        doubt = self._bases[branch.ref][0]
        then = self._nets.get(branch.ref)
        nets = [net for net in (then, now) if net is not None and not net.failed]
        if then is not None and not then.failed and not (is_fresh and now.clean):
            nets = [then]
        failed = "" if nets else (then or now).failed
        return PacketFiles(frozenset().union(*map(_code_paths, nets)), doubt=doubt, failed=failed)

    def _ask_kinds(self, scratch: Scratch, named: Sequence[str]) -> Mapping[str, str]:
        """Map each name that the history lacks to the type of object that git has under it."""
        known = (self._history.position, self._history.outside)
        unknown = [name for name in dict.fromkeys(named) if not any(name in each for each in known)]
        answers = objects.read_object_info(scratch.git, unknown)
        return {name: kind for name, (_, kind, _) in zip(unknown, answers, strict=True)}

    def _judge_base(self, branch: Branch, named: str | None) -> tuple[BaseDoubt | None, str]:
        """Return what is wrong with a packet's base, and the base to compare with; '' for none."""
        if not named:
            return BaseDoubt("missing"), ""
        if self._history.contains(named):
            return self._judge_age(branch, named)
        if named not in self._history.outside:
            return BaseDoubt(self._word_for_unknown(named), named), ""
        if any(named == own.id for own in self._history.own(branch.head)):
            return BaseDoubt("own", named), ""
        others = (b.name for b in self._fleet.branches if any(c.id == named for c in b.commits))
        return BaseDoubt("other", named, next(others, "")), ""

    def _word_for_unknown(self, named: str) -> str:
        kind = self._kinds.get(named, "missing")
        if kind == "commit":
            return "outside"
        return ("cut" if self._is_cut else "gone") if kind == "missing" else "no commit"

    def _judge_age(self, branch: Branch, commit: str) -> tuple[BaseDoubt | None, str]:
        head = self._heads[branch.ref]
        # What the packet speaks of is not on the branch, as after a rebase, so nobody knows where it began.
        if head is None:
            return None, ""
        began = self._history.merge_bases(head)
        if any(self._history.is_ancestor(each, commit) for each in began):
            return None, commit
        return BaseDoubt("older", commit, next(iter(began), "")), ""


def _find_packet_head(branch: Branch) -> str | None:
    """Return the branch's commit that its packet is about; None where the branch has no such commit."""
    packet = branch.work.packet if branch.work else None
    named = packet.head if packet else None
    return next((commit.id for commit in branch.commits if commit.id == named), None)


def _code_paths(net: Net) -> frozenset[bytes]:
    return frozenset(path for path in net.paths if not path.startswith(LEDGER_BYTES))
