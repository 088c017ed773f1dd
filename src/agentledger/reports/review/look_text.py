"""What a reviewer decides from, as lines for a terminal: what is at risk first, and at the end the commands.

Belongs here: order, words and limits of `agentledger review`. Does not: which facts (see `look`).

Text by agents is cut to a limit, and printed line by line through `escape_hidden`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentledger.model.came import Came
from agentledger.model.findings import Finding, Severity
from agentledger.model.text import escape_hidden, format_count, format_path
from agentledger.reports.prompt.diff import File
from agentledger.reports.review.look import Look

FINDINGS, CRITERIA, SHOWN_BY, POINTS, FILES, COMMITS = 8, 20, 3, 30, 15, 5
WIDTH = 300  # characters of one line by an agent


def render_look(look: Look) -> str:
    """Return all that there is to decide from, as lines."""
    return "".join(f"{escape_hidden(line)}".rstrip() + "\n" for line in _describe_look(look))


def _describe_look(look: Look) -> Iterator[str]:
    yield from _describe_head(look)
    for title, lines in (
        ("the agent's words, and git's", look.contradictions),
        ("rules", _describe_findings(look.findings)),
        ("tests", look.integrity),
        ("merging", look.collisions),
        ("checks", look.checks),
        ("criteria", tuple(_describe_criteria(look))),
        ("open points of the last review", _number(look.open_points)),
        ("since the last look", tuple(describe_came(look.came, look.diff_since)) if look.came else ()),
        ("files", tuple(_describe_files(look.files))),
    ):
        if lines:
            yield ""
            yield f"{title}:"
            yield from (f"  {_cut(line)}" for line in lines)
    yield ""
    yield f"the diff: {look.diff}"
    yield from (f"{each.decision}: {each.command}" for each in look.decisions if each.command)
    if not any(each.command for each in look.decisions):
        yield "its name cannot be typed as it is, so there is no command for it: rename the branch"


def _describe_head(look: Look) -> Iterator[str]:
    branch = look.branch
    task = f"{look.title} (task {look.task})" if look.task else "it works on no task"
    yield f"{branch.name}: {task}"
    lines = f", +{branch.added:,} -{branch.removed:,} lines" if branch.added is not None else ""
    size = format_count(len(branch.code_changes), "file")
    commits = format_count(len(branch.own_commits), "commit")
    yield f"head {branch.head[:12]} {_cut(look.subject)}"
    yield f"{commits}, {size}{lines}"
    yield _describe_standing(look)
    yield from look.notes


def _describe_standing(look: Look) -> str:
    stopped = [f for f in look.findings or () if f.severity is Severity.ERROR and f.waived is None]
    by = sorted({f.rule for f in stopped})
    more = f"; stopped by {', '.join(by)}" if by else ""
    rounds = f" ({format_count(look.reviews, 'review')})" if look.reviews > 1 else ""
    return f"{look.standing.text}{rounds}{more}"


def _describe_findings(findings: tuple[Finding, ...] | None) -> tuple[str, ...]:
    if findings is None:
        return ("not judged: the rules look at open branches with a brief",)
    order = {Severity.ERROR: 0, Severity.WARN: 1, Severity.LATER: 2}
    ordered = sorted(findings, key=lambda f: (f.waived is not None, order[f.severity]))
    lines = [_describe_finding(finding) for finding in ordered[:FINDINGS]]
    more = len(ordered) - FINDINGS
    return (*lines, f"… and {more:,} more") if more > 0 else tuple(lines) or ("they find nothing",)


def _describe_finding(finding: Finding) -> str:
    word = "waived" if finding.waived else str(finding.severity)
    if finding.path is None:
        return f"{word} {finding.rule} {finding.message}"
    path = format_path(finding.path)
    place = f"{path}:{finding.line}" if finding.line else path
    # Many messages begin with the path: it is not said twice.
    rest = finding.message.removeprefix(f"{path} ")
    return f"{word} {finding.rule} {place}{' ' if rest != finding.message else ': '}{rest}"


def _describe_criteria(look: Look) -> Iterator[str]:
    for criterion in look.criteria[:CRITERIA]:
        yield f"{criterion.text}: {criterion.claim}"
        yield from (f"  shown by {_cut(shown)}" for shown in criterion.shown_by[:SHOWN_BY])
    if len(look.criteria) > CRITERIA:
        yield f"… and {len(look.criteria) - CRITERIA:,} more"


def _number(points: Sequence[str]) -> tuple[str, ...]:
    lines = [f"{at}. {point}" for at, point in enumerate(points[:POINTS], 1)]
    return (*lines, f"… and {len(points) - POINTS:,} more") if len(points) > POINTS else tuple(lines)


def describe_came(came: Came, command: str | None = None) -> Iterator[str]:
    """Yield the lines about what came since a commit: how much, the newest commits, and the command."""
    yield summarize_came(came)
    yield from (f"{commit.id[:12]} {_cut(commit.subject)}" for commit in came.commits[:COMMITS])
    if len(came.commits) > COMMITS:
        yield f"… and {len(came.commits) - COMMITS:,} more commits"
    if command:
        yield f"what is different: {command}"


def summarize_came(came: Came) -> str:
    """Return how much came since a commit, in one line."""
    if came.paths is None:
        return f"git cannot compare it with {came.since[:12]}, which this clone may not have"
    if not came.commits and not came.paths:
        return f"nothing came since {came.since[:12]}"
    rewritten = ", which the branch does not contain any more" if came.is_rewritten else ""
    base = "; base was merged in, which is not counted" if came.brought_base else ""
    counts = f"{format_count(len(came.commits), 'commit')}, {format_count(len(came.paths), 'file')}"
    return f"since {came.since[:12]}{rewritten}: {counts}, +{came.added:,} -{came.removed:,} lines{base}"


def _describe_files(files: Sequence[File]) -> Iterator[str]:
    for file in files[:FILES]:
        change = file.change
        lines = "" if change.added is None else f" +{change.added:,} -{change.removed or 0:,}"
        risks = f": {', '.join(file.risks)}" if file.risks else ""
        yield f"{'!' if file.risks else ' '} {change.status} {format_path(change.path)}{lines}{risks}"
    if len(files) > FILES:
        risky = sum(bool(file.risks) for file in files[FILES:])
        at_risk = f", {risky:,} of them at risk" if risky else ""
        yield f"… and {format_count(len(files) - FILES, 'more file')}{at_risk}: --format json lists them"


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
