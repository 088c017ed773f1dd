#!/bin/sh
# agentledger's @NAME@ hook: judges agents' branches, and lets all others pass without starting a program.
# `agentledger init --uninstall` takes it away again.
ledger_name=@NAME@
ledger_python=@PYTHON@
ledger_gate=@GATE@
ledger_yaml=@YAML@
ledger_here=${0%/*}

# A push is told on standard input, which two programs may want to read.
ledger_refs= ledger_gone=
[ "$ledger_name" != pre-push ] || ledger_refs=$(cat)
given() { [ -z "$ledger_refs" ] || printf '%s\n' "$ledger_refs"; }

@BEFORE@
# What we moved aside may need what is beside it, through a link: that is gone where its hook manager was taken out.
case $ledger_before in
    *.before-agentledger/*)
        for ledger_link in "${ledger_before%/*}"/*; do
            [ ! -h "$ledger_link" ] || [ -e "$ledger_link" ] || ledger_gone=${ledger_link##*/}
        done
        ;;
esac
if [ "$ledger_gone" ] && [ -f "$ledger_before" ]; then
    printf '%s\n' "agentledger: $ledger_before is not started, for $ledger_gone is no longer there" \
        'next, in the main worktree: agentledger init' >&2
    ledger_before=
fi
# What was here before comes first, and its word counts; only `agentledger doctor` tries this hook without it.
if [ -f "$ledger_before" ] && [ -x "$ledger_before" ] && [ -z "$AGENTLEDGER_TRIAL" ]; then
    given | AGENTLEDGER_WITHIN=$ledger_within "$ledger_before" "$@" || exit
fi
if [ "$ledger_within" ]; then
    # A shell for each event of a commit would be felt, so we hand on only what somebody has a hook for by now.
    for ledger_event in prepare-commit-msg commit-msg post-commit reference-transaction post-index-change; do
        [ ! -x "$ledger_folder/$ledger_event" ] || [ -e "$ledger_here/$ledger_event" ] || {
            cp -p "$ledger_here/forward" "$ledger_here/forward.$$" &&
                mv -f "$ledger_here/forward.$$" "$ledger_here/$ledger_event"
        } 2>/dev/null
    done
elif [ "$AGENTLEDGER_WITHIN" ] && [ -f "${GIT_DIR:-.git}/config.worktree" ]; then
    exit 0 # the hook of this worktree started this one, and judges by itself
fi

# Names of branches, `*` crosses `/`. Without the list, or with an empty one, it is better to ask in vain.
ledger_patterns=
if [ -r "$ledger_branches" ]; then
    while read -r ledger_line; do ledger_patterns="$ledger_patterns $ledger_line"; done <"$ledger_branches"
fi
set -f
listed() {
    for ledger_pattern in ${ledger_patterns:-*}; do
        case ${1#refs/heads/} in $ledger_pattern) return 0 ;; esac
    done
    return 1
}

# git's own file is read for speed; where it says something else, git is asked.
ledger_head=
{ read -r ledger_head <"${GIT_DIR:-.git}/HEAD"; } 2>/dev/null
case $ledger_head in
    'ref: refs/heads/.invalid') ledger_head=$(git symbolic-ref -q HEAD) ;;
    'ref: '*) ledger_head=${ledger_head#ref: } ;;
    *) ledger_head=$(git symbolic-ref -q HEAD) ;;
esac
# The folders in which agents' programs make worktrees by themselves: the list has such a branch only later.
in_clients_folder() {
    case $PWD/ in
        */.claude/worktrees/*/* | */.gemini/worktrees/*/* | */.qwen/worktrees/*/*) return 0 ;;
        */.codex/worktrees/*/* | */.cline/worktrees/*/* | *.worktrees/*/*) return 0 ;;
    esac
    return 1
}
judged() {
    # In a worktree that was made for a task, that task's brief counts on every branch.
    [ -f "${GIT_DIR:-.git}/agentledger-task" ] && return
    listed "$ledger_head" && return
    [ -n "$ledger_head" ] && in_clients_folder && return
    # What was typed in place of a ref can hold blanks, so any word of a line may be the name that counts.
    while read -r ledger_line; do
        for ledger_ref in $ledger_line; do listed "$ledger_ref" && return 0; done
    done <<REFS
$ledger_refs
REFS
    return 1
}
judged || exit 0

if [ -x "$ledger_python" ] && [ -f "$ledger_gate" ]; then
    given | "$ledger_python" -IS "$ledger_gate" "$ledger_name" "$ledger_yaml"
    ledger_code=$?
    case $ledger_code in
        0) exit 0 ;;
        10) exit 1 ;;                        # the only code that says that something was found
        129 | 130 | 143) exit $ledger_code ;; # interrupted, so nothing was decided
    esac
    ledger_why="its check ended with $ledger_code"
else
    ledger_why="$ledger_python or $ledger_gate is gone"
fi
printf '%s\n' "agentledger has NOT checked this: $ledger_why." \
    'It was let through; the push, the site and the merge look again.' \
    'next: go on with your work, and tell your manager to run, in the main worktree: agentledger init' >&2
exit 0
