"""What an honest, careless agent does, one small history a row, and what becomes of it.

Belongs here: the rows. Does not: how they are played (see `honest`). The table in docs/enforcement.md is checked
against them.
"""

from __future__ import annotations

from honest import Case

EDIT = "echo mine >> src/app.py"
WORK = (EDIT, "git commit -q -a -m work")
DOCS = "echo mine >> docs/guide.md"
# Base goes on, in a file that is nobody's, or at the end of one of the agent's.
BASE_ON = ("manager$ echo more >> lib/one.py && git commit -q -a -m more",)
BASE_SAME = ("manager$ echo theirs >> src/app.py && git commit -q -a -m theirs",)
OTHERS = "manager$ cd ../shop.worktrees/y && echo two >> docs/guide.md && git commit -q -a -m docs"
PUSH = "git push -q -u origin agent/x"
DONE = "agentledger done --summary '…' --why '…' --risks '…' --no-tests '…' --criterion 1='…'"
SUBMODULE = "git -c protocol.file.allow=always submodule --quiet"
SQUASHING = "GIT_SEQUENCE_EDITOR=\"sed -i '2s/^pick/fixup/'\" git rebase -q -i main"
# As the pre-commit framework has it: a hook that changes files fails, and does not stage them.
HOOK = "../../shop/.git/hooks.before-agentledger/pre-commit"
FORMATTER = (
    f"mkdir -p {HOOK.rpartition('/')[0]}; printf '%s\\n' "
    "'#!/bin/sh' 'sed -i \"s/ *$//\" src/app.py; git diff --exit-code >&2' > " + HOOK
)

OWN_FILES = (
    Case("`commit -a`", WORK),
    Case("`add -A`, with a new file", ("echo new > src/new.py", "git add -A", "git commit -q -m work")),
    Case(
        "`add .` and `commit` from a subfolder",
        ("echo new > src/new.py", "cd src && git add . && git commit -q -m work"),
    ),
    Case(
        "`commit PATH`, with more staged",
        (
            EDIT,
            "echo two >> tests/test_app.py",
            "git add -A",
            "git commit -q -m one src/app.py",
            "git commit -q -m two",
        ),
    ),
    Case("an empty commit", (*WORK, "git commit -q --allow-empty -m again")),
    Case(
        "a binary file",
        ("printf '\\211PNG\\0\\342\\200\\256\\0' > src/logo.png", "git add -A", "git commit -q -m logo"),
    ),
    Case(
        "a pointer of Git LFS",
        (
            "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%064d\\nsize 9\\n' 7 > src/model.bin",
            "git add -A",
            "git commit -q -m model",
        ),
    ),
    Case(
        "10,000 files",
        (
            "mkdir src/many",
            'cd src/many && awk \'BEGIN {for (n = 0; n < 10000; n++) {print n > "n" n; close("n" n)}}\'',
            "git add -A",
            "git commit -q -m many",
        ),
    ),
    Case("lines that end in CRLF", ("sed -i 's/$/\\r/' src/util.py", "git commit -q -a -m crlf")),
    Case("another mode", ("chmod +x src/run", "git commit -q -a -m mode")),
    Case("a link within the scope", ("ln -s app.py src/link.py", "git add -A", "git commit -q -m link")),
    Case("a file renamed", ("git mv src/util.py src/tools.py", "git commit -q -m rename")),
    Case("a file renamed, by case alone", ("git mv src/util.py src/Util.py", "git commit -q -m rename")),
    Case("a folder renamed", ("git mv src/pkg src/kit", "git commit -q -m rename")),
    Case("a folder renamed, by case alone", ("git mv src/pkg src/Pkg", "git commit -q -m rename")),
    Case(
        "a file becomes a folder",
        (
            "git mv src/util.py src/was.py",
            "mkdir src/util.py",
            "git mv src/was.py src/util.py/one.py",
            "git commit -q -m folder",
        ),
    ),
    Case(
        "a folder becomes a file",
        (
            "cat src/pkg/*.py > src/all",
            "git rm -q -r src/pkg",
            "mv src/all src/pkg",
            "git add -A",
            "git commit -q -m file",
        ),
    ),
    Case("a new file that `commit -a` leaves out", ("echo new > src/new.py", *WORK)),
    Case("changes that are not committed", (*WORK, "echo two >> src/util.py", "chmod +x src/run")),
    Case(
        "a formatter in a hook, which changes what is committed and says so",
        (
            FORMATTER,
            f"chmod +x {HOOK}",
            "echo 'mine   ' >> src/app.py",
            "! git commit -q -a -m work",
            "git commit -q -a -m work",
        ),
    ),
    Case("ignored files beside it", ("mkdir build && echo built > build/out", *WORK)),
)

HISTORY = (
    Case("`commit --amend`", (*WORK, EDIT, "git commit -q -a --amend --no-edit")),
    Case("`commit --amend`, the message alone", (*WORK, "git commit -q --amend -m better")),
    Case(
        "`commit --fixup`, and `rebase --autosquash`",
        (
            *WORK,
            "echo two >> tests/test_app.py",
            "git commit -q -a -m two",
            EDIT,
            "git commit -q -a --fixup HEAD~1",
            "GIT_SEQUENCE_EDITOR=true git rebase -q -i --autosquash main",
        ),
    ),
    Case(
        "several commits squashed by `rebase -i`",
        (
            *WORK,
            EDIT,
            "git commit -q -a -m two",
            SQUASHING,
        ),
    ),
    Case(
        "`reset --soft`, and committed again",
        (
            *WORK,
            EDIT,
            "git commit -q -a -m two",
            "git reset -q --soft HEAD~2",
            "git commit -q -m both",
        ),
    ),
    Case(
        "`revert` of its own commit",
        (*WORK, "echo two >> src/util.py", "git commit -q -a -m two", "git revert --no-edit HEAD~1"),
    ),
    Case(
        "`revert` of base's commit, in scope",
        (
            "manager$ echo theirs >> src/util.py && git commit -q -a -m theirs",
            "git merge -q --no-edit main",
            "git revert --no-edit main",
            *WORK,
        ),
    ),
    Case("`stash`, and `stash pop`", (EDIT, "git stash -q", "git stash pop -q", "git commit -q -a -m work")),
    Case("a commit on a detached HEAD, and left there", ("git switch -q --detach", *WORK)),
    Case("a commit on a branch of its own, and left there", ("git switch -q -c my-own", *WORK)),
    Case(
        "a commit on a branch of its own from base, and left there", ("git switch -q -c my-own main", *WORK)
    ),
    Case(
        "a commit on a detached HEAD, then brought to the branch",
        (
            "git switch -q --detach",
            *WORK,
            "git switch -q agent/x",
            "git merge -q --ff-only @{-1}",
        ),
    ),
    Case(
        "a commit on a branch of its own, then brought to the task's",
        (
            "git switch -q -c my-own",
            *WORK,
            "git switch -q agent/x",
            "git merge -q --ff-only my-own",
        ),
    ),
    Case(
        "the worktree moved",
        (
            "manager$ git worktree move ../shop.worktrees/x ../moved",
            *WORK,
        ),
    ),
)

WITH_BASE = (
    Case("base merged in", (*WORK, *BASE_ON, "git merge -q --no-edit main")),
    Case(
        "base merged in, with a conflict",
        (
            *WORK,
            *BASE_SAME,
            "! git merge -q --no-edit main",
            "sed -i '/^[<=>]\\{7\\}/d' src/app.py",
            "git commit -q -a --no-edit",
        ),
    ),
    Case(
        "a merge of base left half-way, its conflict settled",
        (
            *WORK,
            *BASE_SAME,
            "! git merge -q --no-edit main",
            "sed -i '/^[<=>]\\{7\\}/d' src/app.py",
            "git add -A",
        ),
    ),
    Case(
        "a rebase left half-way, its conflict settled",
        (*WORK, *BASE_SAME, "! git rebase -q main", "sed -i '/^[<=>]\\{7\\}/d' src/app.py", "git add -A"),
    ),
    Case(
        "`merge --squash` of base", (*WORK, *BASE_ON, "git merge -q --squash main", "git commit -q -m base")
    ),
    Case(
        "`merge --squash` of base, which then goes on in the same lines",
        (
            *WORK,
            *BASE_ON,
            "git merge -q --squash main",
            "git commit -q -m base",
            *BASE_ON,
        ),
    ),
    Case(
        "a submodule of base's, brought up to date",
        (
            f"manager$ {SUBMODULE} add $PWD/../remote.git src/sub && git commit -q -m sub",
            "git merge -q --no-edit main",
            f"{SUBMODULE} update --init",
            "git -C src/sub commit -q --allow-empty -m newer",
            "git commit -q -a -m newer",
        ),
    ),
    Case("`cherry-pick` of base's commit", (*WORK, *BASE_ON, "git cherry-pick main")),
    Case("rebased onto base", (*WORK, *BASE_ON, "git rebase -q main")),
    Case(
        "rebased onto base, with a conflict",
        (
            *WORK,
            *BASE_SAME,
            "! git rebase -q main",
            "sed -i '/^[<=>]\\{7\\}/d' src/app.py",
            "git add -A",
            "GIT_EDITOR=true git rebase --continue",
        ),
    ),
    Case(
        "`pull --rebase` of base",
        (
            *WORK,
            *BASE_ON,
            "manager$ git push -q origin main",
            "git pull -q --rebase origin main",
        ),
    ),
    Case(
        "`push --force-with-lease` after a rebase",
        (
            *WORK,
            PUSH,
            *BASE_ON,
            "git rebase -q main",
            "git push -q --force-with-lease origin agent/x",
        ),
    ),
    Case(
        "base merged in after `done`",
        (
            *WORK,
            DONE,
            *BASE_ON,
            "git merge -q --no-edit main",
        ),
    ),
)

LEDGER = (
    Case("`done` twice", (*WORK, DONE, "agentledger done")),
    Case("more code after `done`", (*WORK, DONE, EDIT, "git commit -q -a -m more")),
    Case(
        "a check that is run again after more code",
        (*WORK, "agentledger verify", EDIT, "git commit -q -a -m more"),
    ),
    Case(
        "check-ins deleted",
        (
            *WORK,
            "agentledger report --changed this --next that",
            "git rm -q -r .agentledger/tasks/x/status",
            "git commit -q -m tidy",
        ),
        ("STA005",),
    ),
    Case(
        "a question, answered with `change`",
        (
            *WORK,
            "agentledger report --need 'Like this?'",
            "manager$ agentledger answer x 'Shorter.' --decision change",
            EDIT,
            "git commit -q -a -m shorter",
        ),
    ),
    Case(
        "a question that nobody has answered",
        (*WORK, "agentledger report --need 'Like this?'"),
        end="question",
    ),
    Case(
        "the brief made wider, and nothing asked",
        (
            *WORK,
            "sed -i 's|^owns: *\\[|&\"docs/**\", |' .agentledger/tasks/x/brief.md",
            "git commit -q -a -m wider",
            DOCS,
            "git commit -q -a -m docs",
        ),
        ("OWN001",),
    ),
    Case(
        "a path that was refused, asked for",
        (
            *WORK,
            DOCS,
            "git commit -q -a -m docs",
        ),
        ("OWN001",),
        asks=True,
        end="question",
    ),
)

OUT = (
    Case("`commit -a`, with a file outside", (EDIT, DOCS, "git commit -q -a -m work"), ("OWN001",)),
    Case(
        "`add -A`, with a new file outside",
        (EDIT, "echo x > notes.txt", "git add -A", "git commit -q -m work"),
        ("OWN001",),
    ),
    Case(
        "a lock file outside",
        (EDIT, "echo '{ }' > package-lock.json", "git commit -q -a -m work"),
        ("OWN001",),
    ),
    Case("another mode, outside", (EDIT, "chmod +x README.md", "git commit -q -a -m work"), ("OWN001",)),
    Case("a file deleted outside", (EDIT, "git rm -q README.md", "git commit -q -a -m work"), ("OWN001",)),
    Case(
        "a file renamed out of the scope",
        (EDIT, "git mv src/util.py lib/util.py", "git commit -q -a -m work"),
        ("OWN001",),
    ),
    Case(
        "a file renamed into the scope",
        (EDIT, "git mv docs/guide.md src/guide.md", "git commit -q -a -m work"),
        ("OWN001",),
    ),
    Case(
        "a folder renamed out of the scope",
        (EDIT, "git mv src/pkg lib/pkg", "git commit -q -a -m work"),
        ("OWN001",),
    ),
    Case(
        "a link out of the scope",
        (EDIT, "ln -s ../README.md src/link", "git add -A", "git commit -q -m work"),
        ("OWN005",),
        aside=("src/link",),
    ),
    Case("changes outside that are not committed", (*WORK, DOCS), ("OWN001",)),
    Case(
        "a submodule added within the scope",
        (
            *WORK,
            f"{SUBMODULE} add ../remote.git src/sub",
            "git commit -q -m sub",
        ),
        ("OWN001+OWN003",),
    ),
    Case(
        "a submodule added within the scope, and asked for",
        (
            *WORK,
            f"{SUBMODULE} add ../remote.git src/sub",
            "git commit -q -m sub",
        ),
        ("OWN001+OWN003",),
        asks=True,
        end="question",
    ),
    Case(
        "files outside, in a commit on a detached HEAD",
        (
            "git switch -q --detach",
            EDIT,
            DOCS,
            "git commit -q -a -m work",
            "git switch -q agent/x",
            "git merge -q --ff-only @{-1}",
        ),
        ("OWN001",),
    ),
    Case(
        "files outside, in a commit on a branch of its own",
        (
            "git switch -q -c my-own",
            EDIT,
            DOCS,
            "git commit -q -a -m work",
            "git switch -q agent/x",
            "git merge -q --ff-only my-own",
        ),
        ("OWN001",),
    ),
    Case(
        "`cherry-pick` of another task's commit",
        (*WORK, OTHERS, "git cherry-pick agent/y", PUSH),
        ("OWN001",),
    ),
    Case(
        "another task's branch merged in",
        (*WORK, OTHERS, "git merge -q --no-edit agent/y", PUSH),
        ("BRF009+OWN001+OWN003+OWN008",),
    ),
    Case(
        "`revert` of base's commit, outside",
        (
            *BASE_ON,
            "git merge -q --no-edit main",
            "git revert --no-edit main",
            *WORK,
            PUSH,
        ),
        ("OWN001",),
    ),
    Case(
        "`commit --no-verify`, with a file outside",
        (EDIT, DOCS, "git commit -q --no-verify -a -m work", PUSH),
        ("OWN001",),
    ),
    Case(
        "`commit --amend`, with a file outside",
        (*WORK, DOCS, "git commit -q -a --amend --no-edit"),
        ("OWN001",),
    ),
    Case("a push of two branches", (*WORK, OTHERS, "git push -q origin agent/x agent/y"), ("OWN010",)),
    Case(
        "a push with a new tag, under `push.followTags`",
        (*WORK, "git tag -a -m v1 v1", "git config push.followTags true", PUSH),
        ("OWN010",),
    ),
    Case("a push of all branches", (*WORK, OTHERS, "git push -q --all origin"), ("OWN010",)),
)

CASES = (*OWN_FILES, *HISTORY, *WITH_BASE, *LEDGER, *OUT)
