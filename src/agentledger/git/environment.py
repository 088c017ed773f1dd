"""Which environment variables reach git, and which reach programs that may start git themselves.

Belongs here: names of variables, and the two environments. Does not: starting git (see `process`, and
`gates.git_output` for a hook's first questions). Nothing is imported but what every Python has loaded already: a
hook pays for each import.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in `typing`, whose import costs more than a hook's own work
if TYPE_CHECKING:
    from collections.abc import Mapping

# What `git rev-parse --local-env-vars` lists, and what would bend a diff. git sets some of them for hooks;
# with them it would answer for a different index, object store or repository.
_LOCAL = frozenset(
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_CONFIG_COUNT GIT_OBJECT_DIRECTORY "
    "GIT_DIR GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE GIT_INDEX_FILE GIT_NO_REPLACE_OBJECTS "
    "GIT_REPLACE_REF_BASE GIT_PREFIX GIT_SHALLOW_FILE GIT_COMMON_DIR GIT_NAMESPACE GIT_INTERNAL_SUPER_PREFIX "
    "GIT_EXTERNAL_DIFF GIT_DIFF_OPTS GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS "
    "GIT_ICASE_PATHSPECS GIT_ATTR_SOURCE".split()
)

# Beginnings of the names of more such variables. Set by a hook, a rebase or a launcher, they would have a
# program's own git commit as somebody else, or open an editor.
_OF_HOOKS = tuple(
    "GIT_AUTHOR_ GIT_COMMITTER_ GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_EXEC_PATH GIT_QUARANTINE_PATH "
    "GIT_REFLOG_ACTION GIT_MERGE_AUTOEDIT GIT_PUSH_OPTION_ GIT_CONFIG_KEY_ GIT_CONFIG_VALUE_ GITHEAD_".split()
)


def build_program_env(outer: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that may start git itself: none of its commits may end up here."""
    return {
        name: value for name, value in outer.items() if name not in _LOCAL and not name.startswith(_OF_HOOKS)
    }


def build_git_env(outer: Mapping[str, str], *, sealed: bool = False) -> dict[str, str]:
    """The environment for git: messages untranslated, no prompt, no lock taken just to look.

    `sealed` also drops every `GIT_*` variable but GIT_EXEC_PATH and those for tracing.
    """
    keep = ("GIT_TRACE", "GIT_EXEC_PATH")
    env = {
        name: value
        for name, value in outer.items()
        if name not in _LOCAL and not (sealed and name.startswith("GIT_") and not name.startswith(keep))
    }
    # LC_ALL: some of git's messages are read here. GIT_OPTIONAL_LOCKS: `git status` would write the index.
    # GIT_NO_LAZY_FETCH is known from git 2.45 on; before, only the sealed directory keeps git from fetching.
    env |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    return env | {"GIT_NO_REPLACE_OBJECTS": "1"}
