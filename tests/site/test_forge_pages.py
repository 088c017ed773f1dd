"""The forge's pages for new files: where they lead, what they are filled in with, and that it counts.

The forge itself is not here: what its page would begin with is taken out of the address, and committed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser
from tests.site.test_pages import Outline

import reading
import sitefleet as sf
from accessible import violations
from agentledger import documents
from agentledger.attention.reviewing import stand_with_reviewers
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.fleet import Branch, Control, Fleet, Sync
from agentledger.model.ledger import Problem, Source
from agentledger.model.text import decode
from agentledger.model.work import Copy, Progress, Standing, Task, Work
from agentledger.site import manifest, newfile, newtask
from agentledger.site.board_view import build_board
from agentledger.site.build import build_site
from agentledger.site.newfile import LONGEST, NewFile
from agentledger.site.page_names import name_pages
from agentledger.site.reply import build_replies
from browser import window
from cases import raw_document
from gitrepo import START, Repo
from writing import CONTROL, Desk, brief, check_in

REMOTE = "refs/remotes/origin/"
GITHUB, GITLAB = "git@github.com:acme/shop.git", "https://gitlab.example.org/acme/shop.git"
FORGES = {
    GITHUB: "https://github.com/acme/shop/new/agentledger?filename=",
    GITLAB: "https://gitlab.example.org/acme/shop/-/new/agentledger?file_name=",
    "https://codeberg.org/acme/shop": "https://codeberg.org/acme/shop/_new/agentledger?filename=",
    "git@git.forgejo.example.org:acme/shop": "https://git.forgejo.example.org/acme/shop/_new/agentledger?filename=",
}
COPY = ".agentledger/tasks/x/brief.md"
READY, ASKS = check_in("ready"), check_in("needs-input", needs="Which one?")
ASKS_PLAN = check_in("working", checkpoint="plan")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return on_github(tmp_path / "r")


def on_github(path: Path) -> Desk:
    """Task x, whose control branch is on GitHub as well."""
    made = Desk(path, checkpoints=["plan"])
    publish(made.repo)
    clone_of(made.repo, GITHUB)
    return made


def publish(repo: Repo) -> None:
    repo.ref(REMOTE + CONTROL, f"refs/heads/{CONTROL}")


def clone_of(repo: Repo, address: str) -> None:
    repo.git("config", "remote.origin.url", address)


def offered(desk: Desk, name: str = "agent/x") -> dict[str, NewFile]:
    """The files on offer for a branch, by their words."""
    fleet = reading.fleet(desk.repo)
    found = build_replies(reading.named(fleet)[name], fleet)
    return {file.label: file for file in found.files} if found else {}


def filled(file: NewFile) -> tuple[str, str]:
    """Path and text that a forge's page begins with."""
    query = dict(parse_qsl(urlsplit(file.href).query, strict_parsing=True))
    return query["filename"], query["value"]


def written(desk: Desk, file: NewFile) -> Standing:
    """Where the branch stands once the file is committed as it was offered."""
    path, text = filled(file)
    desk.repo.commit(CONTROL, {path: text}, author=("Ana", "ana@example.org"))
    publish(desk.repo)
    return desk.standing()


def fatal(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.message for problem in problems if problem.fatal]


# -- what is offered, and that it counts --------------------------------------------------


def test_an_answer_settles_the_question(desk: Desk) -> None:
    desk.says({"status/20231114T221500Z-1a2b.md": ASKS})
    found = offered(desk)
    assert list(found) == ["Answer", "Ask for changes"]
    assert found["Answer"].path == "tasks/x/answers/to-20231114T221500Z-1a2b.md"
    assert written(desk, found["Answer"]).progress is Progress.WORKING
    (answer,) = desk.work().answers
    assert (answer.decision, answer.to, answer.by) == ("note", "20231114T221500Z-1a2b", "ana@example.org")
    assert (answer.text, fatal(answer.document.problems)) == ("", [])
    assert offered(desk) == {}


def test_a_checkpoint_takes_a_decision_not_just_an_answer(desk: Desk) -> None:
    desk.says({"status/1.md": ASKS_PLAN})
    assert list(offered(desk)) == ["Approve", "Ask for changes"]
    assert written(desk, offered(desk)["Approve"]).progress is Progress.WORKING
    (answer,) = desk.work().answers
    assert (answer.decision, answer.checkpoint, fatal(answer.document.problems)) == ("approve", "plan", [])


def test_a_checkpoint_without_a_plan_takes_no_approval(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("working", plan="", checkpoint="plan")})
    (file,) = offered(desk).values()
    assert file.label == "Ask for the plan"
    assert written(desk, file).progress is Progress.WORKING
    assert desk.work().answers[0].decision == "change"


@pytest.mark.parametrize("asked", [ASKS, ASKS_PLAN])
def test_asking_for_changes_gives_a_question_back(desk: Desk, asked: str) -> None:
    desk.says({"status/1.md": asked})
    assert written(desk, offered(desk)["Ask for changes"]).progress is Progress.WORKING
    (answer,) = desk.work().answers
    assert (answer.decision, fatal(answer.document.problems)) == ("change", [])


@pytest.mark.parametrize(
    ("words", "progress"), [("Approve", Progress.APPROVED), ("Ask for changes", Progress.CHANGES)]
)
def test_what_is_said_to_be_ready_gets_a_human_s_review(desk: Desk, words: str, progress: Progress) -> None:
    desk.says({"status/1.md": READY})
    found = offered(desk)
    assert list(found) == ["Approve", "Ask for changes"]
    assert written(desk, found[words]).progress is progress
    (review,) = desk.work().reviews
    assert (review.kind, review.reviewer, review.branch) == ("human", "ana@example.org", "agent/x")
    assert review.head == desk.branch().head
    assert (review.findings, fatal(review.document.problems)) == ((), [])


@pytest.mark.parametrize(
    ("words", "state"), [("Approve", "approved"), ("Ask for changes", "changes requested")]
)
def test_a_branch_without_a_task_gets_a_human_s_review(desk: Desk, words: str, state: str) -> None:
    desk.repo.commit("claude/logo", {"logo.txt": "1\n"}, parents=[desk.root], at=START + 50 * 60)
    path, text = filled(offered(desk, "claude/logo")[words])
    assert path.startswith("tasks/claude-logo/reviews/review-")
    desk.repo.commit(CONTROL, {path: text}, author=("Ana", "ana@example.org"))
    publish(desk.repo)
    branch = desk.branch("claude/logo")
    assert stand_with_reviewers(branch).state == state
    assert offered(desk, "claude/logo") == {}


def test_the_open_points_are_there_to_be_ticked(desk: Desk) -> None:
    desk.says({"status/1.md": READY})
    path, text = filled(offered(desk)["Ask for changes"])
    point = "- [ ] src/a.py:1 why --> two\n- [ ] src/a.py:2 an open <\\!-- here\n"
    desk.repo.commit(CONTROL, {path: f"{text}\n{point}"}, author=("Ana", "ana@example.org"))
    publish(desk.repo)
    desk.says({"status/2.md": check_in("ready", minutes=59)})
    path, text = filled(offered(desk)["Approve"])
    assert text.endswith(f"\n\n{point}")
    desk.repo.commit(CONTROL, {path: text.replace("- [ ]", "- [x]")}, at=START + 59 * 60 + 30)
    publish(desk.repo)
    newest = desk.work().reviews[0]
    assert (newest.verdict, [item.checked for item in newest.findings]) == ("approve", [True, True])


def test_changes_are_asked_for_on_the_repository_s_own_form(desk: Desk) -> None:
    own = "---\nreviewer:\nkind: agent  # or human\nverdict:\nat:\n---\n\n## Taste\n\n## Findings\n"
    desk.repo.commit("main", {".agentledger/templates/review.md": own}, parents=[desk.root])
    desk.says({"status/1.md": READY})
    _, text = filled(offered(desk)["Ask for changes"])
    head = desk.branch().head
    assert text == (
        '---\nreviewer:\nkind: human\nverdict: request-changes\nbranch: "agent/x"\n'
        f"head: {head}\n---\n\n## Taste\n\n## Findings\n"
    )


@pytest.mark.parametrize(
    "own", ["## Findings\r\n", "", "---\nnever closed\n", "\ufeff---\r\nkind: agent\r\n---\r\n"]
)
def test_a_form_that_is_no_document_still_makes_a_review(desk: Desk, own: str) -> None:
    desk.repo.commit("main", {".agentledger/templates/review.md": own}, parents=[desk.root])
    desk.says({"status/1.md": READY})
    assert written(desk, offered(desk)["Ask for changes"]).progress is Progress.CHANGES


def test_of_rivals_the_one_that_asks_is_answered(desk: Desk) -> None:
    desk.says({"status/1.md": ASKS})
    rival = {"src/a.py": "3\n", ".agentledger/tasks/x/status/1.md": ASKS}
    desk.repo.commit("agent/x--2", rival, parents=[desk.root], at=START + 50 * 60)
    written(desk, offered(desk, "agent/x--2")["Answer"])
    fleet = reading.named(reading.fleet(desk.repo))
    stand = {name: branch.standing.progress for name, branch in fleet.items() if branch.standing}
    assert stand == {"agent/x": Progress.NEEDS_INPUT, "agent/x--2": Progress.WORKING}


def test_a_name_that_is_taken_is_not_offered_again(desk: Desk) -> None:
    desk.says({"status/1.md": ASKS_PLAN})
    desk.manager(
        {"answers/to-1.md": "---\ndecision: note\n---\n", "answers/to-1-2.md": "---\ndecision: note\n---\n"}
    )
    publish(desk.repo)
    assert offered(desk)["Approve"].path == "tasks/x/answers/to-1-3.md"


WIDER = brief(owns=["src/**", "api/**"], checkpoints=["plan"])


def test_another_scope_is_refused_by_a_file_that_names_the_copy(desk: Desk) -> None:
    desk.says({"brief.md": WIDER}, at=START + 40 * 60)
    desk.says({"status/1.md": ASKS})
    found = offered(desk)
    assert list(found) == ["Refuse the scope", "Answer, which grants nothing"]
    assert written(desk, found["Refuse the scope"]).progress is Progress.WORKING
    (answer,) = desk.work().answers
    assert (answer.decision, answer.brief) == ("reject", desk.repo.git("rev-parse", "agent/x:" + COPY))
    assert fatal(answer.document.problems) == []
    assert desk.work().copy is Copy.REFUSED


def test_the_page_for_an_answer_says_that_it_grants_no_scope(desk: Desk) -> None:
    desk.says({"brief.md": WIDER}, at=START + 40 * 60)
    told = offered(desk)["Answer, which grants nothing"]
    _, text = filled(told)
    assert (
        "It asks for api/** besides src/**. This answer grants nothing: agentledger brief accept does" in text
    )
    written(desk, told)
    assert desk.work().copy is Copy.SCOPE_CHANGE


def test_a_pattern_that_would_end_the_comment_is_left_out(desk: Desk) -> None:
    owns = ["src/**", "api/-->/**"]
    desk.says({"brief.md": brief(owns=owns, checkpoints=["plan"])}, at=START + 40 * 60)
    _, text = filled(offered(desk)["Answer, which grants nothing"])
    assert "It asks for a different scope. This answer grants nothing" in text
    assert text.count("-->") == 1


def test_nothing_is_offered_where_nobody_waits_for_the_manager(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("working")})
    assert offered(desk) == {}
    desk.says({"status/2.md": check_in("blocked", needs="Help.", minutes=52)})
    assert list(offered(desk)) == ["Answer", "Ask for changes"]


# -- where it leads -------------------------------------------------------------------------


@pytest.mark.parametrize("address", FORGES)
def test_each_forge_is_asked_in_its_own_way(desk: Desk, address: str) -> None:
    clone_of(desk.repo, address)
    desk.says({"status/1.md": ASKS})
    file = offered(desk)["Answer"]
    assert file.href.startswith(f"{FORGES[address]}tasks/x/answers/to-1.md")
    assert re.fullmatch(r"[!#-&(-;=?-\[\]-~]+", file.href), "nothing in it can end an attribute"


def test_where_a_forge_takes_no_text_it_is_there_to_be_copied(desk: Desk) -> None:
    desk.says({"status/1.md": READY})
    told = {words: filled(file)[1] for words, file in offered(desk).items()}
    clone_of(desk.repo, GITLAB)
    assert {words: file.text for words, file in offered(desk).items()} == told
    assert all("value" not in file.href for file in offered(desk).values())


def test_a_text_that_is_too_long_for_an_address_is_there_to_be_copied(desk: Desk) -> None:
    desk.says({"status/1.md": READY})
    lengths = {}
    for size in (3000, 20_000):
        own = f"---\nkind: agent\n---\n## Findings\n<!-- {'é' * size} -->\n".encode()
        desk.repo.commit("main", {".agentledger/templates/review.md": own}, parents=[desk.root])
        file = offered(desk)["Ask for changes"]
        assert "value=" not in file.href
        assert "é" * size in file.text
        lengths[size] = len(file.href)
    assert lengths[3000] == lengths[20_000] < LONGEST
    assert LONGEST < 8192 - 1024


@pytest.mark.parametrize(
    "forge",
    [
        None,
        "https://git.example.org/a/b",
        "javascript:alert(1)//github.com",
        "https://github.com@evil.example/a",
        "https://github.com/a?x=",
        "https://github.com/a\n",
    ],
)
def test_an_unknown_forge_gets_no_link(forge: str | None) -> None:
    fleet = asking(forge=forge)
    assert build_replies(fleet.branches[0], fleet) is None
    assert newtask.build_new_task(fleet).link is None


def test_a_control_branch_that_is_only_here_has_to_be_published_first(desk: Desk) -> None:
    desk.says({"status/1.md": ASKS})
    desk.repo.git("update-ref", "-d", REMOTE + CONTROL)
    fleet = reading.fleet(desk.repo)
    found = build_replies(reading.named(fleet)["agent/x"], fleet)
    assert found is not None
    assert (found.files, found.missing and found.missing.command) == ((), "agentledger sync")
    assert newtask.build_new_task(fleet).missing == found.missing


def test_no_link_leads_to_somebody_else_s_branch_of_that_name(desk: Desk) -> None:
    desk.says({"status/1.md": ASKS, "brief.md": brief()})
    desk.repo.commit(CONTROL, {"src/a.py": "1\n"})
    publish(desk.repo)
    fleet = reading.fleet(desk.repo)
    assert build_replies(reading.named(fleet)["agent/x"], fleet) is None
    page = newtask.build_new_task(fleet)
    assert (page.link, page.missing, page.steps) == (None, None, ())


def test_without_a_control_branch_there_is_no_link_but_a_word_about_it(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"src/a.py": "1\n"})
    repo.commit("agent/x", {"src/a.py": "2\n", ".agentledger/tasks/x/brief.md": brief()}, parents=[root])
    clone_of(repo, GITHUB)
    page = newtask.build_new_task(reading.fleet(repo))
    assert page.link is None
    assert page.missing
    assert "no branch agentledger yet" in page.missing.note


def test_the_branch_s_name_comes_from_policy(desk: Desk) -> None:
    desk.repo.commit(
        "main",
        {".agentledger/config.toml": 'version = 1\n[control]\nbranch = "the/desk"\n'},
        parents=[desk.root],
    )
    desk.repo.ref("the/desk", f"refs/heads/{CONTROL}")
    desk.repo.ref(REMOTE + "the/desk", f"refs/heads/{CONTROL}")
    desk.says({"status/1.md": ASKS})
    assert offered(desk)["Answer"].href.startswith("https://github.com/acme/shop/new/the/desk?filename=")


# -- hostile names -----------------------------------------------------------------------------


def asking(task: str = "x", check: str = "1", name: str = "agent/x", **fields: object) -> Fleet:
    """A fleet whose only branch, one of two rivals, asks a question; by default it is on GitHub."""
    source = Source(path=f".agentledger/tasks/{task}/status/{check}.md")
    asked = documents.parse_check_in(raw_document(source, ASKS.encode()))
    work = Work(task=task, copy=Copy.SAME, check_ins=(replace(asked, name=check),))
    standing = Standing(progress=Progress.NEEDS_INPUT, question=work.check_ins[0], rivals=("other",))
    one: Branch = sf.branch(name, work=work, standing=standing)
    control = Control(CONTROL, f"refs/heads/{CONTROL}", sf.oid("control"), Sync.SAME)
    usual = {"forge": "https://github.com/a/b", "control": control, "tasks": (Task(id=task),)}
    return sf.fleet(one, **(usual | fields))


ODD = [
    "&value=x",
    "?#%",
    "\"'><script>",
    "é ü",
    "a: b",
    "- c",
    "null",
    "{[`|>",
    "日本語",
    "🙂",
    "%0A",
    "\\n",
    "x" * 300,
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_names_stay_what_they_are(odd: str) -> None:
    fleet = asking(odd, odd, odd)
    found = build_replies(fleet.branches[0], fleet)
    assert found is not None
    path, text = filled(found.files[0])
    assert path.startswith(f"tasks/{odd}/answers/to-")
    assert len(path.rpartition("/")[2]) < 120
    answer = documents.parse_answer(raw_document(Source(path=path), text.encode()))
    assert (answer.to, answer.branch, answer.decision) == (odd, odd, "note")
    named = [problem.message for problem in answer.document.problems if "`at`" not in problem.message]
    assert [message for message in named if "`by`" not in message] == []


@pytest.mark.parametrize("hidden", ["a\u202eb", "a\u200bb", "a\nb", decode(b"a\xff"), "a\uffff"])
@pytest.mark.parametrize("place", ["task", "check", "name"])
def test_a_name_with_hidden_characters_gets_no_link(hidden: str, place: str) -> None:
    fleet = asking(**{place: hidden})
    assert build_replies(fleet.branches[0], fleet) is None


def test_a_control_branch_with_hidden_characters_in_its_name_gets_no_link() -> None:
    fleet = asking(control=Control("a\u202eb", "refs/heads/x", sf.oid("x"), Sync.SAME))
    assert newfile.find_desk(fleet) is None
    assert build_replies(fleet.branches[0], fleet) is None


# -- pages -------------------------------------------------------------------------------------


def test_a_page_is_rendered_again_when_what_it_offers_changes() -> None:
    fleet = asking()
    others = [
        replace(fleet, control=replace(fleet.control or Control(CONTROL), sync=Sync.LOCAL)),
        replace(fleet, control=replace(fleet.control or Control(CONTROL), name="desk")),
        replace(fleet, control=None),
    ]
    one = fleet.branches[0]
    ready = replace(one, standing=Standing(progress=Progress.READY))
    keys = {manifest.branch_key(one, other, "") for other in (fleet, *others)}
    assert len(keys) == 1 + len(others)
    own = replace(fleet, templates={"review": "---\nkind: human\n---\n## Taste\n"})
    assert manifest.branch_key(ready, fleet, "") != manifest.branch_key(ready, own, "")


def test_a_question_is_answered_from_the_board_with_one_tap() -> None:
    fleet = asking()
    (row,) = build_board(fleet, name_pages(fleet.branches)).sections[0].rows
    found = build_replies(fleet.branches[0], fleet)
    assert row.reply
    assert found
    assert (row.reply.href, row.reply.text) == (found.files[0].href, "Answer on github.com")


def test_where_a_text_has_to_be_copied_the_board_leads_to_it() -> None:
    fleet = asking(forge="https://gitlab.com/a/b")
    names = name_pages(fleet.branches)
    (row,) = build_board(fleet, names).sections[0].rows
    page = names[fleet.branches[0].ref]
    assert row.reply
    assert row.reply.href == f"{page}.html#reply"


def site_of(desk: Desk, out: Path) -> Path:
    desk.repo.flush()
    with snapshot.open_snapshot(desk.repo.path, Request(now=reading.NOW)) as seen:
        build_site(seen, out, sf.silent)
    return out


def test_the_pages_have_the_links_once_and_well_formed(desk: Desk, tmp_path: Path) -> None:
    desk.says({"status/1.md": ASKS})
    out = site_of(desk, tmp_path / "out")
    page = sf.page_of(out, "agent-x")
    for path in (page, out / "index.html", out / "new-task.html"):
        outline = Outline(path.read_bytes())
        assert outline.faults == []
        away = [href for href in outline.all("href") if href.startswith("https://github.com/acme/shop/new/")]
        assert len(away) == (2 if path == page else 1)
    assert (offered(desk)["Answer"].href) in unescape((out / "index.html").read_text())
    assert 'href="new-task.html"' in (out / "index.html").read_text()


@pytest.mark.browser
def test_a_text_is_copied_whole_by_a_click(desk: Desk, tmp_path: Path, browser: Browser) -> None:
    clone_of(desk.repo, GITLAB)
    desk.says({"status/1.md": READY})
    out = site_of(desk, tmp_path / "out")
    page = sf.page_of(out, "agent-x")
    with window(browser, 320, permissions=["clipboard-read", "clipboard-write"]) as opened:
        shown = opened.goto(page)
        paste = shown.locator(".paste").last
        paste.locator("summary").click()
        paste.get_by_role("button", name="Copy the text").click()
        paste.get_by_text("Copied").wait_for()
        assert shown.evaluate("navigator.clipboard.readText()") == offered(desk)["Ask for changes"].text
        assert opened.width() == 320
        assert opened.said == []


@pytest.mark.browser
@pytest.mark.parametrize("address", [GITHUB, GITLAB])
def test_the_pages_fit_a_phone_and_break_no_rule(
    desk: Desk, tmp_path: Path, browser: Browser, address: str
) -> None:
    clone_of(desk.repo, address)
    desk.says({"status/1.md": ASKS_PLAN})
    out = site_of(desk, tmp_path / "out")
    with window(browser, 320) as opened:
        for page in (*(out / "branch").glob("agent-x-*.html"), out / "index.html", out / "new-task.html"):
            shown = opened.goto(page)
            assert opened.width() == 320, page.name
            assert violations(shown) == []
    assert (opened.said, opened.outside()) == ([], [])
