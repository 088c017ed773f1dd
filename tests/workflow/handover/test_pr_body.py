"""The pull request's body: the packet in the repository's own template.

Belongs here: which heading takes what, and what of a template is never touched. Does not: the packet (see
`test_packet_text`).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.workflow.handover.test_packet_command import PACKET, PROSE, at_desk

from agentledger.documents.packet import SECTIONS
from agentledger.storage.resources import resource_folder
from agentledger.workflow.handover.pr_body import render_body, section_of_heading
from agentledger.workflow.setup.pr_template import choose_template
from command import run

TEXT = (
    "## Summary\n\nIt limits.\n\n## Why this approach\n\nThe smallest.\n\n## Files touched\n\n"
    "<!-- agentledger: files -->\n- `src/a.py` (+1)\n<!-- agentledger: end -->\n\n"
    "## Acceptance criteria\n\n- [x] six\n  - t.py\n\n"
    "## Test plan and results\n\nmake test\n\n## Risks and follow-ups\n\n<!-- Where to look. -->\n"
)


def test_without_a_template_it_is_the_packet_without_markers_and_empty_sections() -> None:
    assert render_body(TEXT, None) == (
        "## Summary\n\nIt limits.\n\n## Why this approach\n\nThe smallest.\n\n"
        "## Files touched\n\n- `src/a.py` (+1)\n\n## Acceptance criteria\n\n- [x] six\n  - t.py\n\n"
        "## Test plan and results\n\nmake test"
    )


def test_a_template_is_filled_and_its_boxes_and_words_stay() -> None:
    template = (
        "<!-- Thanks! -->\nThanks for helping.\n\n# Description\n<!-- what -->\nFixes # (issue)\n\n"
        "### Type of change\n\n- [ ] Bug fix\n- [x] Feature\n\n"
        "## How has this been tested?\n\n- [ ] By hand\n\n**Checklist**\n\n- [ ] I have read the test guide\n"
    )
    assert render_body(TEXT, template) == (
        "Thanks for helping.\n\n# Description\n\nIt limits.\n\nFixes # (issue)\n\n"
        "### Type of change\n\n- [ ] Bug fix\n- [x] Feature\n\n"
        "## How has this been tested?\n\nmake test\n\n- [ ] By hand\n\n"
        "**Checklist**\n\n- [ ] I have read the test guide\n\n"
        "## Why this approach\n\nThe smallest.\n\n## Files touched\n\n- `src/a.py` (+1)\n\n"
        "## Acceptance criteria\n\n- [x] six\n  - t.py"
    )


def test_each_section_is_given_once() -> None:
    body = render_body(TEXT, "## Summary\n\n## What does this change\n\n## Overview\n")
    assert body.count("It limits.") == 1
    assert "## What does this change\n\n## Overview" in body


def test_what_only_looks_like_a_heading_is_none() -> None:
    template = "```\n## Summary\n```\n<!--\n## Why\n-->\n"
    body = render_body(TEXT, template)
    assert body.startswith("```\n## Summary\n```\n\n## Summary\n\nIt limits.")
    assert "## Why\n" not in body


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        *((title, title) for title in SECTIONS),
        ("Description", "Summary"),
        ("📝 What changed?", "Summary"),
        ("What does this PR do?", "Summary"),
        ("Changes", "Summary"),
        ("Why?", "Why this approach"),
        ("Motivation and Context", "Why this approach"),
        ("Testing", "Test plan and results"),
        ("How has this been tested", "Test plan and results"),
        ("Risks & rollback", "Risks and follow-ups"),
        ("Definition of done", "Acceptance criteria"),
        ("Changed files", "Files touched"),
        ("Checklist", None),
        ("Test checklist", None),
        ("Type of change", None),
        ("Related issues", None),
        ("Screenshots (what it looks like)", None),
        ("Release notes", None),
    ],
)
def test_near_words_are_known(heading: str, title: str | None) -> None:
    assert section_of_heading(heading) == title


def test_our_own_template_takes_the_whole_packet() -> None:
    ours = (resource_folder("templates") / "init" / "pull_request_template.md").read_text()
    whole = TEXT.replace("<!-- Where to look. -->", "none")
    assert render_body(whole, ours) == render_body(whole, None)


@pytest.mark.parametrize(
    "path",
    [
        *(".github/pull_request_template.md", "PULL_REQUEST_TEMPLATE.MD", "docs/Pull_Request_Template.md"),
        *(".gitea/PULL_REQUEST_TEMPLATE.md", ".forgejo/pull_request_template.md"),
        *(".gitlab/merge_request_templates/Default.md", ".azuredevops/pull_request_template.md"),
        *(".github/PULL_REQUEST_TEMPLATE/feature.md", ".gitlab/merge_request_templates/Bug.md"),
        *(".github/pull_request_template", "pull_request_template.txt"),
    ],
)
def test_all_places_that_forges_look_in_are_known(path: str) -> None:
    assert choose_template(["src/a.py", "pull_request_template.py", path]) == path


def test_of_several_the_one_counts_that_a_forge_takes_by_itself() -> None:
    paths = [
        ".github/PULL_REQUEST_TEMPLATE/a.md",
        "pull_request_template.md",
        ".github/pull_request_template.md",
    ]
    assert choose_template(paths) == ".github/pull_request_template.md"
    assert choose_template(["docs/pull_request_template/x.yaml"]) is None


def test_the_command_prints_it_from_bases_template_and_writes_nothing(tmp_path: Path) -> None:
    desk = at_desk(tmp_path)
    desk.repo.commit("main", {".github/Pull_Request_Template.md": "## Description\r\n\r\n- [ ] signed\r\n"})
    desk.repo.flush()
    before = desk.git("rev-parse", "HEAD")
    result = run(desk.path, "packet", "--pr-body", *PROSE)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(
        "## Description\n\nIt limits.\n\n- [ ] signed\n\n## Why this approach\n\nThe smallest way."
    )
    assert "task: x" not in result.out
    assert desk.git("rev-parse", "HEAD") == before
    assert not (desk.path / PACKET).exists()
