"""`agentledger spawn` hands out a task: a branch with its brief, in a worktree that is ready to work in.

Belongs here: the order of the steps, and what is refused. Does not: recovering an interrupted spawn (see
`spawn_journal`), making the worktree ready (see `verify.fresh_worktree`), starting an agent (see `launch`).

Everything is made out of sight first: the commit without a branch, the worktree detached and locked. The
branch appears last, in one step. Before that step, others see nothing.
"""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.attention import ended_tasks
from agentledger.changes import landings
from agentledger.control import commit_writer, signing
from agentledger.control.commit_writer import Made, New, read_identity
from agentledger.git import process, queries
from agentledger.git.races import Writer, retry, update_refs
from agentledger.model import ledger_paths
from agentledger.model.command_result import Did
from agentledger.model.errors import GitError, LedgerError
from agentledger.model.findings import Gate, Report
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Brief
from agentledger.model.text import encode, escape_hidden
from agentledger.model.work import Task
from agentledger.repository import layout, ref_clashes, spawned_files, worktrees
from agentledger.repository.bases import HEADS
from agentledger.rules import check_worth
from agentledger.storage import own_command
from agentledger.workflow.plan import live_files
from agentledger.workflow.session import attempts, manager_context
from agentledger.workflow.session.attempts import Record
from agentledger.workflow.session.manager_context import Managing
from agentledger.workflow.setup import uncommitted_setup
from agentledger.workflow.setup.hooks import activate_hooks
from agentledger.workflow.spawn import ground, spawn_journal
from agentledger.workflow.spawn.spawn_journal import Begun
from agentledger.workflow.verify import measure_task
from agentledger.workflow.verify.fresh_worktree import prepare_worktree
from agentledger.workflow.verify.one_check import Hear, Runner


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to hand out.

    `attempt` is the number of a rival attempt, None for the first; `folder` is where the worktree goes, None
    for the usual place. `on` is the task or branch on whose work it is to stand, None to start at base.
    `baseline`: are its checks to be measured, as long as policy allows?
    """

    task: str
    attempt: int | None = None
    folder: Path | None = None
    on: str | None = None
    baseline: bool = True


def spawn_task(start: Path, request: Wanted, now: int, hear: Hear, *, dry_run: bool = False) -> Did | Report:
    """Hand the task out in the repository around `start`; return a report where the spawn gate refuses.

    `hear` gets what the set-up command prints; `now` is in seconds since the epoch. What an interrupted spawn
    has left is completed or removed first. Raises LedgerError, and leaves nothing behind, where the branch or
    the folder exists already, the set-up fails, or another spawn is at work.
    """
    place = queries.locate_repository(process.repository_at(start))
    with ExitStack() as spawning:
        spawning.enter_context(spawn_journal.hold_spawn_lock(place))
        # Before the fleet is read: completing a spawn creates a branch.
        recovered = spawn_journal.recover_spawns(process.repository_at(start), place)
        with manager_context.open_managing(start, now) as desk:
            task = desk.task(request.task)
            if completed := _describe_completed(desk, task, request, recovered):
                return completed
            _refuse_uncommitted_setup(desk)
            _refuse_ended(task, request)
            below = ground.choose_ground(desk, task, request.on) if request.on is not None else None
            report = Report(Gate.SPAWN, task.id, desk.snapshot.spawn(task.id, below=below), ())
            if report.blocked:
                return report
            work = _Spawning(desk, task, request, now=now, hear=hear, below=below)
            done = work.run(tuple(recovered), dry_run)
            warnings = (*_describe_lost_checks(report), *live_files.warn_of_live_files(desk, task.brief))
            done = replace(done, warnings=(*warnings, *done.warnings))
            # The task is handed out: another spawn need not wait until its checks are measured.
            spawning.close()
            return done if dry_run else work.measure_checks(done)


def _refuse_uncommitted_setup(desk: Managing) -> None:
    """Raise LedgerError where the agent would begin without what `agentledger init` has written."""
    uncommitted_setup.refuse_uncommitted_setup(
        desk.git, desk.observation.place, desk.fleet.base, queries.read_worktrees(desk.git)
    )


def _describe_completed(desk: Managing, task: Task, request: Wanted, recovered: list[str]) -> Did | None:
    """The result where an interrupted spawn of this very branch was completed just now; None elsewhere."""
    name = branch_name_of(task, request.attempt)
    if not any(line.startswith(f"{escape_hidden(name)} was spawned") for line in recovered):
        return None
    worktree = next((c.path for c in queries.read_worktrees(desk.git) if c.branch == HEADS + name), None)
    return Did(
        command="spawn",
        messages=tuple(recovered),
        task=task.id,
        refs=(HEADS + name,),
        worktree=str(worktree),
        next=_start_command(task, worktree),
    )


def _refuse_ended(task: Task, request: Wanted) -> None:
    """Raise LedgerError for a task that is over, or that somebody was given whose branch is not here."""
    name = escape_hidden(task.id)
    if task.is_over:
        hint = f"plan what is left as a new task: agentledger plan {name}-2"
        raise LedgerError(f"{name} is over: {ended_tasks.describe_end(task)}", hint)
    if request.attempt is not None:
        return
    again = ended_tasks.begin_again(task) or "--attempt 2"
    if task.ending:
        back = ended_tasks.bring_back(task)
        hint = f"{back} brings it back; {again} begins anew" if back else f"{again} begins anew"
        raise LedgerError(f"{name} was handed out already: {ended_tasks.describe_end(task)}", hint)
    if task.elsewhere and not task.branches:
        where = escape_hidden(task.elsewhere[0])
        raise LedgerError(
            f"{name} is handed out already, on {where}, which is not in this clone",
            f"git fetch may bring it; {again} begins a rival",
        )


def branch_name_of(task: Task, attempt: int | None) -> str:
    """The name of the branch that works on a task; a rival attempt adds its number."""
    brief_branch = task.brief.branch if task.brief else None
    name = brief_branch or f"agent/{task.id}"
    return name if attempt is None else f"{name}--{attempt}"


@dataclass(frozen=True, slots=True)
class _Spawning:
    """One spawn under way: the checks and steps of it."""

    desk: Managing
    task: Task
    request: Wanted
    now: int
    hear: Hear
    #: The branch on which the new one is to stand; None for one that starts at base.
    below: Branch | None = None

    @property
    def start(self) -> str:
        """The commit at which the new branch starts."""
        return self.below.head if self.below else self.desk.fleet.base.head

    @property
    def brief(self) -> Brief:
        if self.task.brief is None:  # the gate lets no task without one through
            raise LedgerError("there is no brief", f"agentledger plan {self.task.id}")
        return self.task.brief

    @property
    def name(self) -> str:
        return branch_name_of(self.task, self.request.attempt)

    @property
    def folder(self) -> Path:
        """Where the worktree goes: where it was asked for, else beside the repository."""
        if self.request.folder is not None:
            return self.request.folder.absolute()
        observation = self.desk.observation
        ending = "" if self.request.attempt is None else f"--{self.request.attempt}"
        return layout.worktrees_folder(observation.home, observation.bare) / f"{self.task.id}{ending}"

    def run(self, recovered: tuple[str, ...], dry_run: bool) -> Did:
        """Make it all, unless `dry_run`; return what was made, or would be."""
        self._refuse_existing()
        planned = Did(
            command="spawn",
            messages=(*recovered, *self._describe(dry_run)),
            task=self.task.id,
            refs=(HEADS + self.name,),
            worktree=str(self.folder),
            dry_run=True,
        )
        if dry_run:
            return planned
        commit, unsigned = self._make_commit()
        warnings = (
            *filter(None, [own_command.describe_off_path(), unsigned]),
            *self._make_or_undo(commit),
            *self._write_attempt(commit),
            *self._describe_push_clash(),
        )
        return replace(
            planned,
            files=(ledger_paths.brief_path(self.task.id),),
            commits=(commit,),
            next=_start_command(self.task, self.folder),
            warnings=warnings,
            dry_run=False,
        )

    def measure_checks(self, done: Did) -> Did:
        """The result with what the task's checks say where its work begins; a measurement that fails undoes nothing."""
        if not self.request.baseline:
            return done
        measured = measure_task.measure_task(
            self.desk,
            self.task,
            self.start,
            where=self.below.name if self.below else "base",
            now=self.now,
            hear=self.hear,
            kept=True,
        )
        return measure_task.add_measured(done, measured)

    def _describe(self, dry_run: bool) -> tuple[str, ...]:
        """Lines for the manager: branch, worktree, copied files and set-up command."""
        base, policy = self.desk.fleet.base, self.desk.fleet.policy
        where = "would be" if dry_run else "is"
        source = self.below.name if self.below else base.name
        lines = [
            f"{escape_hidden(self.name)} {where} at {self.start[:12]} of {escape_hidden(source)}, with its brief"
        ]
        if self.below:
            lines.append(f"it can merge once {escape_hidden(self.below.name)} has")
        lines.append(f"worktree: {escape_hidden(str(self.folder))}")
        if policy.spawn_copy:
            lines.append(f"copied into it: {', '.join(map(escape_hidden, policy.spawn_copy))}")
        if policy.spawn_setup:
            lines.append(f"set up by: {escape_hidden(policy.spawn_setup)}")
        return tuple(lines)

    def _refuse_existing(self) -> None:
        """Raise LedgerError where the branch or the folder exists already, or git takes no such branch name."""
        git, name = self.desk.git, self.name
        checkouts = {c.branch: c for c in queries.read_worktrees(git)}
        if HEADS + name in checkouts:
            where = shlex.quote(escape_hidden(str(checkouts[HEADS + name].path)))
            if checkouts[HEADS + name].prunable:
                again = f"git worktree prune && git worktree add {where} {shlex.quote(escape_hidden(name))}"
                message = (
                    f"{escape_hidden(self.task.id)} is handed out already, but its worktree {where} is gone"
                )
                raise LedgerError(
                    message, f"{again} brings back what is committed; --attempt 2 begins a rival"
                )
            raise LedgerError(
                f"{escape_hidden(self.task.id)} is handed out already, in {where}",
                f"agentledger prompt {self.task.id} has the text for its agent; --attempt 2 begins a rival",
            )
        if process.run_or_none(git, ["show-ref", "--verify", "--quiet", HEADS + name]) is not None:
            quoted_name = shlex.quote(escape_hidden(name))
            raise LedgerError(
                f"the branch {quoted_name} is there already",
                f"work in it: git worktree add {shlex.quote(str(self.folder))} {quoted_name}; "
                "or begin a rival: --attempt 2",
            )
        clash = ref_clashes.describe_agent_clash(self.desk.observation.refs, name, self.task.id)
        if clash is not None and clash.is_local:
            raise LedgerError(clash.text, f"{clash.fix}, then run this again")
        if process.run_unchecked(git, ["check-ref-format", HEADS + name])[1]:
            raise LedgerError(
                f"git takes no branch named {escape_hidden(name)}",
                f"name another in its brief: agentledger plan {self.task.id} --branch NAME",
            )
        if self.folder.exists():
            raise LedgerError(
                f"{escape_hidden(str(self.folder))} is there already",
                "name another folder with --worktree DIR",
            )

    def _describe_push_clash(self) -> tuple[str, ...]:
        """A warning where the remote will take no branch of this name."""
        clash = ref_clashes.describe_agent_clash(self.desk.observation.refs, self.name, self.task.id)
        if clash is None:
            return ()
        rename = shlex.join(("git", "branch", "-m", self.name, clash.free_name))
        return (f"{clash.text}; before you push, give it another: {rename} && {clash.fix}",)

    def _make_commit(self) -> Made:
        """Make the branch's first commit, where it starts, with the brief that counts; no branch has it yet."""
        content = encode(self.brief.document.text)
        trailers = f"{landings.TASK}: {self.task.id}\n{landings.BRANCH}: {self.name}"
        message = f"the brief of {self.task.id}\n\n{trailers}"
        new = New(
            (self.start,),
            {ledger_paths.brief_path(self.task.id): content},
            message,
            who=read_identity(self.desk.git),
            tip="",
            rules=self.desk.fleet.policy.commits,
            form=signing.choose_form(self.desk.git),
        )
        # All zeros: the branch must not exist when the commit is put on it.
        new = new._replace(tip="0" * len(self.start))
        return retry(self._writer, lambda: commit_writer.make_commit(self.desk.git, self.name, new))

    @property
    def _writer(self) -> Writer:
        place = self.desk.observation.place
        return Writer(place, HEADS + self.name, place.common / "agentledger")

    def _make_or_undo(self, commit: str) -> tuple[str, ...]:
        """Make worktree and branch; return warnings. Whatever goes wrong, nothing of it is left."""
        begun = Begun(self.name, commit, str(self.folder))
        git, place = self.desk.git, self.desk.observation.place
        journal = spawn_journal.write_journal(place, begun)
        try:
            warnings = self._make_worktree(begun)
            self._create_branch(begun)
        except BaseException:  # Ctrl-C during a long set-up as well: nothing half made stays
            spawn_journal.clear_spawn(git, place, begun)
            journal.unlink(missing_ok=True)
            raise
        spawn_journal.finish_spawn(git, begun)
        journal.unlink(missing_ok=True)
        return warnings

    def _write_attempt(self, commit: str) -> tuple[str, ...]:
        """Write down that the branch was handed out, and what is seen of the others; return warnings."""
        desk = self.desk
        new = Record(self.task.id, self.name, self.now, base=desk.fleet.base.head, head=commit)
        others = attempts.list_records(desk.snapshot.sealed, desk.fleet)
        records = [new, *(each for each in others if each.path != new.path)]
        files = {record.path: record.render() for record in records}
        try:
            desk.append(files, f"{self.task.id} is handed out", files.keys())
        except LedgerError as error:
            # The branch is there, and its first commit says whose it is.
            return (f"not written down on the control branch: {error.message}; agentledger sync does it",)
        attempts.keep_heads(desk.git, desk.snapshot.sealed, desk.fleet, records)
        return ()

    def _make_worktree(self, begun: Begun) -> tuple[str, ...]:
        """Make the worktree, detached and locked, and set it up; return warnings."""
        git, policy = self.desk.git, self.desk.fleet.policy
        flags = ["--quiet", "--detach", "--no-checkout", "--lock", "--reason", spawn_journal.REASON]
        process.run(git, [*process.UNHOOKED, "worktree", "add", *flags, begun.worktree, begun.commit])
        at = replace(git, cwd=self.folder)
        # What a partial clone lacks of the code comes as in any checkout.
        process.run(process.with_lazy_fetch(at), [*process.UNHOOKED, "reset", "--quiet", "--hard"])
        runner = Runner(
            self.folder,
            self.desk.observation.place.common,
            policy,
            now=self.now,
            hear=self.hear,
            source=self.desk.observation.home,
        )
        prepare_worktree(self.folder, self.desk.observation.home, runner, policy=policy, hear=self.hear)
        # Last, so that a set-up command finds the hooks' settings as in any clone: some tools refuse others.
        return (*self._describe_changes(), *activate_hooks.activate_hooks(at, self.task.id))

    def _describe_changes(self) -> tuple[str, ...]:
        """A warning where the set-up has changed or left files: the agent would commit them without noticing."""
        changed = queries.read_status(replace(self.desk.git, cwd=self.folder)) or []
        # None of it is the agent's work, whose first uncommitted file keeps the branch open.
        spawned_files.write_spawned(worktrees.directory_of(self.folder), self.folder, changed)
        if not changed:
            return ()
        first_paths = ", ".join(escape_hidden(entry.path) for entry in changed[:3])
        return (
            f"after the set-up {len(changed)} files differ from their commit, or are not ignored: {first_paths}",
        )

    def _create_branch(self, begun: Begun) -> None:
        """Create the branch in one step. Raises GitError where somebody else has made it meanwhile."""
        line = f"create {HEADS}{begun.branch} {begun.commit}\n"
        if not update_refs(self._writer, self.desk.git, line, "agentledger: spawn", before=None, reflog=True):
            message = f"somebody else made the branch {escape_hidden(begun.branch)} meanwhile"
            raise GitError(message, "nothing was made; agentledger board shows it")


def _describe_lost_checks(report: Report) -> tuple[str, ...]:
    """What the spawn gate says of checks that cannot fail; its other warnings `plan` has shown."""
    return tuple(f"{each.message} ({each.hint})" for each in report.findings if each.rule == check_worth.ID)


def _start_command(task: Task, worktree: Path | None) -> str:
    """The command that prints the text for an agent, in its worktree."""
    where = shlex.quote(str(worktree)) if worktree else "its worktree"
    program = shlex.quote(str(own_command.find_off_path() or own_command.NAME))
    return f"cd {where} && {program} prompt {task.id}   # the text to hand to an agent there"
