"""The repository's policy as values: `.agentledger/config.toml` on base, with defaults where it says nothing.

Belongs here: the values. Does not: parsing them (see `ledger.config`), or the keys (see `documents.policy_keys`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agentledger.model.ledger import Check, Problem

# Where tests usually are, in the languages that we know. `testing/**` is not among them: in many projects that is the
# code of a library for tests.
DEFAULT_TESTS = (
    "**/test/**",
    "**/tests/**",
    "**/__tests__/**",
    "**/spec/**",
    "**/testdata/**",
    "**/__snapshots__/**",
    "**/*.snap",
    "**/*_test.*",
    "**/*.test.*",
    "**/*.spec.*",
    "**/*_spec.*",
    "**/test_*.py",
    "**/conftest.py",
    "**/*Test.java",
    "**/*Tests.cs",
    "**/*Test.kt",
    "**/*Test.php",
)


@dataclass(frozen=True, slots=True)
class Wip:
    """Limits of work in progress, for each manager: branches that are open, that a human sits with, that wait
    for review, and how many changed lines wait.
    """

    active: int = 5
    local: int = 3
    review: int = 3
    review_lines: int = 1500


@dataclass(frozen=True, slots=True)
class Companion:
    """Paths that must change together: where one of `when` changes, one of `also` has to."""

    when: tuple[str, ...]
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delegation:
    """The least oversight (`mode`) that a brief touching these paths may have."""

    paths: tuple[str, ...]
    mode: str


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """A check that every brief gets whose change touches `paths` (empty: all)."""

    check: Check
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitRules:
    """The repository's rules for commits, as far as agentledger's own keep them."""

    #: What a subject begins with, before a blank; "" for nothing.
    prefix: str = "chore(ledger):"
    #: Do messages end with `Signed-off-by:`, of whoever commits?
    sign_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule:
    """Who has to review a change of these paths: `[[review]]` of the policy."""

    #: Path patterns; empty: every change.
    paths: tuple[str, ...] = ()
    #: human or agent; a human's review counts for both.
    by: str = "human"
    #: It has to be another client than the author's.
    another: bool = False
    #: So many rounds of review and change are told to be too many; nothing stops then. None: no limit.
    rounds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The repository's policy: `.agentledger/config.toml` on base, with defaults where it says nothing."""

    #: The branch that work merges into; None: the remote's HEAD.
    base: str | None = None
    #: Patterns of agents' branch names; `*` crosses `/`.
    branches: tuple[str, ...] = ()
    #: A listed branch without brief may not merge.
    require_briefs: bool = False
    #: Mail addresses of those who plan, answer and approve.
    managers: tuple[str, ...] = ()
    #: After so many seconds without a sign of life a branch is dormant.
    dormant: int = 7 * 86400
    #: False: only count what would have been blocked.
    enforce: bool = True
    #: The branch of the manager's documents.
    control_branch: str = "agentledger"
    #: The forge or our hook lets only managers push it.
    control_guarded: bool = False
    #: The path of a file of allowed SSH signers on base; empty: signatures are not checked.
    control_signers: str = ""
    wip: Wip = Wip()
    #: A change of more lines warns.
    size_lines: int = 400
    #: How pull requests land: merge, squash or rebase.
    landing: str = "merge"
    #: Path patterns. Protected: nobody's, unless a brief owns that very path. Shared: only a brief with
    #: `seam` may own them. Open: anyone's.
    protected: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    #: Written by programs; their lines are not counted.
    generated: tuple[str, ...] = ("dist/**", "**/*_pb2.py", "**/*.lock")
    #: Where tests are.
    tests: tuple[str, ...] = DEFAULT_TESTS
    companions: tuple[Companion, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    checks: tuple[PolicyCheck, ...] = ()
    #: Files to be copied into each new worktree, and a command to be run in it.
    spawn_copy: tuple[str, ...] = ()
    spawn_setup: str = ""
    #: So many seconds `spawn` takes to measure the checks on base; 0: it does not.
    spawn_baseline: int = 60
    reviews: tuple[ReviewRule, ...] = ()
    commits: CommitRules = CommitRules()
    #: How strict a rule is (off, warn or error), by its id or name.
    rules: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    #: False for what is no policy at all: not TOML, or in a version that is not known here.
    readable: bool = True
