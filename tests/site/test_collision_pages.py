"""The pages about several branches at once: which pairs they list, how, and where they lead."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import collidingfleet as cf
import sitefleet as sf
from agentledger.attention.sections import Section, group_by_section
from agentledger.model.collisions import Collisions, Grade, Pair, Shared
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.merge_plan import MergeOrder
from agentledger.model.text import decode
from agentledger.site import manifest, pages
from agentledger.site.build import build_site
from agentledger.site.collisions import collision_graph, collisions_view, merge_order_view
from agentledger.site.collisions.others_view import build_all_others
from agentledger.site.collisions.pair_view import Places
from agentledger.site.page_names import name_pages
from browser import window

HOSTILE = decode(b"\"'><script>alert(1)</script>\xe2\x80\xae\xff")


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return cf.collide(sf.fleet(*cf.branches()))


def names_of(fleet: Fleet) -> dict[str, str]:
    return name_pages(fleet.branches)


def clashes(pairs: Sequence[tuple[str, str]]) -> tuple[Pair, ...]:
    return tuple(Pair(f"refs/heads/{a}", f"refs/heads/{b}", Grade.CONFLICT) for a, b in pairs)


# -- the list --------------------------------------------------------------------------------


def test_pairs_are_listed_by_what_they_mean_the_worst_first(fleet: Fleet) -> None:
    page = collisions_view.build_collisions(fleet, names_of(fleet))
    assert page.summary == "2 of 10 pairs collide."
    found = {each.key: [f"{p.a.name} {p.b.name}" for p in each.pairs] for each in page.lists}
    assert found == {
        "pairs": ["claude/a claude/b", "claude/a codex/c"],
        "rivals": ["codex/c codex/d"],
        "unknown": ["codex/d jules/e"],
        "loose": ["claude/b codex/d"],
        "minor": ["claude/b jules/e"],
        "scopes": ["claude/a codex/d"],
    }
    assert list(found) == ["pairs", "rivals", "unknown", "loose", "minor", "scopes"]


def test_a_pair_says_in_which_files_what_else_is_known_and_who_goes_first(fleet: Fleet) -> None:
    lists = collisions_view.build_collisions(fleet, names_of(fleet)).lists
    one, stacked = lists[0].pairs
    assert one.mark.text == "conflict in 2 files"
    assert one.shown is not None
    assert one.shown.path == "src/.py"
    assert [(file.path, file.kind) for file in one.files] == [
        ("old.py", "one side changed it, the other deleted it")
    ]
    assert one.first is not None
    assert (one.first.name, one.first.why) == ("claude/a", "approved since 2023-11-14 21:13")
    assert stacked.notes == ("stacked: they share commits that base lacks",)
    by_key = {each.key: each.pairs[0] for each in lists}
    assert by_key["rivals"].notes == ("rivals: two attempts at one task, of which one lands",)
    assert by_key["unknown"].mark.kind == "warn"
    assert by_key["loose"].notes == ("uncommitted work of codex/d takes part",)
    assert by_key["minor"].mark.text == "conflict in 1 file, all of them generated"


def test_the_sides_of_a_region_have_the_names_of_the_heads_that_its_markers_name(fleet: Fleet) -> None:
    turned = cf.conflict(b"a.py", "claude/b", "claude/a")
    pair = Pair(cf.A, cf.B, Grade.CONFLICT, files=(turned,), paths=(b"a.py",))
    other = replace(fleet, collisions=Collisions(pairs=(pair,), total=1, tried=1))
    (shown,) = collisions_view.build_collisions(other, names_of(other)).lists[0].pairs
    assert shown.region is not None
    assert re.findall("(?:&lt;|&gt;){7} (.*)", shown.region.body) == ["claude/b", "claude/a"]


def test_files_that_several_change_are_counted_and_the_most_shared_come_first(fleet: Fleet) -> None:
    page = collisions_view.build_collisions(fleet, names_of(fleet))
    assert [(row.path, row.count) for row in page.shared] == [
        ("src/.py", "5 branches"),
        ("README.md", "2 branches"),
    ]
    assert page.overlaps == "5 pairs change the same files, and merge."


def test_without_anything_to_see_there_is_no_page(tmp_path: Path) -> None:
    for found in (None, Collisions(total=3)):
        alone = sf.fleet(*cf.branches(), collisions=found)
        files = pages.render_board_pages(alone, names_of(alone))
        assert not {"collisions.html", "merge-order.html"} & set(files)
        assert b"Other pages" not in files["index.html"]


def test_pages_that_have_nothing_to_show_any_more_are_removed(tmp_path: Path, fleet: Fleet) -> None:
    out = tmp_path / "site"
    build_site(sf.Given(fleet), out, sf.silent, plan=cf.plan())
    assert {"collisions.html", "merge-order.html"} <= set(sf.content(out))
    result = build_site(sf.Given(replace(fleet, collisions=None, merge_order=None)), out, sf.silent)
    assert not {"collisions.html", "merge-order.html"} & set(sf.content(out))
    assert result.removed == 2


# -- the picture --------------------------------------------------------------------------------


def test_the_picture_has_those_that_collide_in_merge_order_and_no_two_labels_meet(fleet: Fleet) -> None:
    graph = collisions_view.build_collisions(fleet, names_of(fleet)).graph
    assert graph is not None
    assert [(node.label, node.waits) for node in graph.nodes] == [
        ("claude/a", False),
        ("codex/d", False),
        ("jules/e", False),
        ("claude/b", True),
        ("codex/c", True),
    ]
    heights = [node.y for node in graph.nodes]
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 20
    assert [arc.kind for arc in graph.arcs] == ["bad", "bad", "bad", "warn", "rest", "warn"]
    assert next((row.place.name, [o.name for o in row.others]) for row in graph.rows) == (
        "claude/a",
        ["claude/b", "codex/c"],
    )


def test_groups_stand_apart_the_largest_first_and_too_many_are_cut_and_said(tmp_path: Path) -> None:
    hub = [("m/hub", f"m/{number:03}") for number in range(60)]
    found = clashes([("a/1", "a/2"), *hub])
    names = sorted({ref.removeprefix("refs/heads/") for pair in found for ref in pair[:2]})
    crowd = sf.fleet(*map(sf.branch, names))
    graph = collision_graph.build_graph(found, Places(crowd, names_of(crowd)), None)
    assert graph is not None
    assert len(graph.nodes) == collision_graph.NODES
    # Of a group that is too large, those stay that collide with each other.
    assert len(graph.arcs) == collision_graph.NODES - 1
    assert graph.left_out.startswith("Not drawn: 23 branches")
    assert "22 collisions" in graph.left_out
    few = collision_graph.build_graph(found[:3], Places(crowd, names_of(crowd)), None)
    assert few is not None
    assert [row.place.name for row in few.rows] == ["m/000", "m/001", "m/hub", "a/1", "a/2"]
    assert graph == collision_graph.build_graph(found, Places(crowd, names_of(crowd)), None)


# -- a branch and the others -----------------------------------------------------------------------


def test_a_branch_names_its_collisions_and_links_to_the_others_pages(fleet: Fleet) -> None:
    names = names_of(fleet)
    others = build_all_others(fleet, names)[cf.A]
    assert [(other.place.name, other.place.page) for other in others.pairs] == [
        ("claude/b", names[cf.B]),
        ("codex/c", names[cf.C]),
        ("codex/d", names[cf.D]),
    ]
    assert (
        others.summary
        == "collides with claude/b and codex/c; this one goes first: approved since 2023-11-14 21:13"
    )
    assert [file.path for file in others.pairs[0].conflicts] == ["src/.py", "old.py"]
    assert [(file.path, file.count) for file in others.shared] == [
        ("src/.py", "4 others"),
        ("README.md", "1 other"),
    ]
    assert len(others.hints) == len(others.copies) == 1
    assert build_all_others(fleet, names)[cf.C].notes == (
        "Compared with no other branch: an object is missing: .",
    )


def test_a_page_is_made_again_when_its_collisions_change_and_no_other_is(
    tmp_path: Path, fleet: Fleet
) -> None:
    out = tmp_path / "site"
    build_site(sf.Given(fleet), out, sf.silent)
    before = sf.content(out)
    assert fleet.collisions is not None
    fewer = tuple(p for p in fleet.collisions.pairs if {p.a, p.b} != {cf.A, cf.B})
    changed = replace(fleet, collisions=replace(fleet.collisions, pairs=fewer), now=fleet.now + 60)
    build_site(sf.Given(changed), out, sf.silent)
    after = sf.content(out)
    moved = {path for path in after if path.startswith("branch/") and after[path] != before[path]}
    assert moved == {f"{names_of(fleet)[ref]}.html" for ref in (cf.A, cf.B)}
    assert after["collisions.html"] != before["collisions.html"]


def test_who_goes_first_is_part_of_a_branch_s_key(fleet: Fleet) -> None:
    names = names_of(fleet)
    turned = replace(fleet, merge_order=MergeOrder(refs=(cf.B, cf.A)))
    (one,) = (b for b in fleet.branches if b.ref == cf.A)
    keys = {
        manifest.branch_key(one, each, "", build_all_others(each, names)[one.ref]) for each in (fleet, turned)
    }
    assert len(keys) == 2


def test_two_hundred_branches_on_one_file_keep_their_pages_small() -> None:
    crowd = tuple(sf.branch(f"agent/{number:03}") for number in range(200))
    refs = [branch.ref for branch in crowd]
    all_pairs = tuple(
        Pair(a, b, Grade.CONFLICT, files=(cf.conflict(b"a.py", a, b),), paths=(b"a.py",))
        for number, a in enumerate(refs)
        for b in refs[number + 1 :]
    )
    found = Collisions(pairs=all_pairs, shared=(Shared(b"a.py", tuple(refs)),), total=19_900, tried=19_900)
    fleet = sf.fleet(*crowd, collisions=found)
    names = names_of(fleet)
    files = pages.render_board_pages(fleet, names)
    assert len(files["collisions.html"]) < 300_000
    assert b"19,600 more pairs, not shown" in files["collisions.html"]
    others = build_all_others(fleet, names)
    page = pages.render_branch_pages(crowd[0], fleet, (), names[refs[0]], others=others[refs[0]])
    assert all(len(content) < 60_000 for content in page.values())


# -- the merge order ---------------------------------------------------------------------------------


def test_the_order_has_steps_waves_those_left_out_and_the_commands(fleet: Fleet) -> None:
    forge = replace(fleet, forge="https://github.com/orchard/shop")
    page = merge_order_view.build_merge_order(forge, cf.plan(), names_of(fleet))
    assert page.summary.startswith("3 branches land on main")
    assert [(step.number, step.place.name, step.wave) for step in page.steps] == [
        (1, "claude/a", "wave 1"),
        (2, "codex/d", "wave 1"),
        (3, "jules/e", "wave 2"),
    ]
    assert page.waves == "Wave 1: 2 branches; wave 2: 1 branch."
    first, second = page.left
    assert first.against is not None
    assert (first.place.name, first.step, first.against.name, first.where) == (
        "claude/b",
        "from step 1 on",
        "claude/a",
        "src/.py",
    )
    # Its reason has base and the file already.
    assert (second.step, second.against, second.where) == ("", None, "")
    assert page.not_asked[0].why == "2 working"
    commands = [command.text for command in page.commands]
    assert commands == [
        "agentledger merge-plan",
        "agentledger merge-plan --include working",
        "agentledger merge-plan --format gh",
    ]
    assert "gh pr merge claude/a" in page.forge_commands
    assert "only 2 would land, claude/b among them" in page.notes[0]


def test_what_is_ready_is_listed_in_merge_order() -> None:
    early, late = (_ready(name, since) for name, since in (("claude/early", 10), ("claude/late", 20)))
    both = sf.fleet(early, late)
    assert group_by_section(both)[Section.YOUR_TURN] == (early, late)
    turned = replace(both, merge_order=MergeOrder(refs=(late.ref, early.ref)))
    assert group_by_section(turned)[Section.YOUR_TURN] == (late, early)


def _ready(name: str, since: int) -> Branch:
    from agentledger.model.work import Progress, Standing

    return sf.branch(name, standing=Standing(progress=Progress.READY, since=since))


# -- hostile text, and a browser -------------------------------------------------------------------


def test_hostile_names_paths_and_lines_are_escaped_and_their_hidden_characters_show() -> None:
    fleet = cf.collide(sf.fleet(*cf.branches(HOSTILE)), HOSTILE)
    names = names_of(fleet)
    others = build_all_others(fleet, names)
    files = pages.render_board_pages(fleet, names, plan=cf.plan(HOSTILE))
    (odd,) = (b for b in fleet.branches if HOSTILE in b.name)
    for branch in (odd, fleet.branches[0]):
        files |= pages.render_branch_pages(branch, fleet, (), names[branch.ref], others=others[branch.ref])
    for path, content in files.items():
        if path.endswith(".html"):
            text = content.decode()
            assert "<script>alert" not in text, path
            assert "\u202e" not in text, path
            assert '<span class="chip">U+202E</span>' in text, path


@pytest.mark.browser
def test_the_picture_is_one_image_with_a_name_in_the_page_s_own_colours(
    browser: Browser, tmp_path: Path, fleet: Fleet
) -> None:
    build_site(sf.Given(fleet), tmp_path / "site", sf.silent, plan=cf.plan())
    for scheme in ("light", "dark"):
        with window(browser, 320, color_scheme=scheme, java_script_enabled=False) as opened:
            page = opened.goto(tmp_path / "site" / "collisions.html")
            assert page.get_by_role("img", name="Which branches collide").is_visible()
            fill = "getComputedStyle(document.querySelector('svg text')).fill"
            assert page.evaluate(fill) == page.evaluate("getComputedStyle(document.body).color")
            # Whole labels are seen, and stand in the picture.
            boxes = [label.bounding_box() for label in page.locator("svg text").all()]
            assert all(box and box["x"] + box["width"] <= 320 for box in boxes)
            assert page.locator(".beside table tbody tr").count() == len(boxes)
