"""The files of a check's report: a file, a folder or a glob, of this run alone, and gone afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sides import report
from verifying import Checks, outcomes

FINE, FAILS = report(), report("a")


def desk_with(folder: Path, run: str, junit: str) -> Checks:
    """A task whose check is a script of the branch's."""
    desk = Checks(folder, {"test": {"run": "sh check.sh", "junit": junit}})
    desk.change("check.sh", run)
    return desk


def write(path: str, text: str) -> str:
    """A line of a shell script that writes a file."""
    return f"mkdir -p \"$(dirname '{path}')\"; cat >'{path}' <<'END'\n{text}\nEND\n"


def only(document: dict[str, Any]) -> dict[str, Any]:
    (check,) = document["checks"]
    return dict(check)


@pytest.mark.parametrize(
    "junit",
    ["out", "out/", "out/**/*.xml", "out/*/TEST-*.xml", "o*/**/TEST-?.xml", "**/TEST-[ab].xml", "*/sub"],
)
def test_several_files_are_one_report_and_are_removed(tmp_path: Path, junit: str) -> None:
    run = write("out/sub/TEST-a.xml", FINE) + write("out/sub/TEST-b.xml", report("b", passed=2)) + "exit 1\n"
    desk = desk_with(tmp_path, run, junit)
    check = only(desk.verify(code=1))
    assert (check["junit"]["tests"], check["junit"]["failed"]) == (3, ["C::b"])
    assert check["warnings"] == []
    assert not list(desk.path.glob("out/**/*.xml"))
    assert desk.git("status", "--porcelain") == ""


@pytest.mark.parametrize("junit", ["out", "out/*.xml"])
def test_a_failure_in_a_folder_or_glob_does_not_pass_with_a_warning(tmp_path: Path, junit: str) -> None:
    desk = desk_with(tmp_path, write("out/a.xml", FINE) + write("out/b.xml", FAILS), junit)
    assert outcomes(desk.verify(code=1)) == {"test": "failed"}
    assert not desk.evidence().passed


def test_tries_in_several_files_are_one_test_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    run = write("out/z.xml", report("a", passed=0)) + "sleep 0.05\n"
    run += write("out/a.xml", report("a", passed=0).replace("<failure/>", ""))
    check = only(desk_with(tmp_path, run, "out").verify())
    assert (check["junit"]["tests"], check["junit"]["flaky"], check["junit"]["failed_total"]) == (1, 1, 0)


def test_files_of_an_earlier_run_are_left_out_and_told(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, write("out.tmp/new.xml", FINE), "out.tmp")
    (desk.path / "out.tmp").mkdir()
    (desk.path / "out.tmp/old.xml").write_text(FAILS)
    check = only(desk.verify())
    assert check["junit"]["tests"] == 1
    assert check["warnings"] == ["1 file of an earlier run left out: out.tmp/old.xml"]
    assert [path.name for path in (desk.path / "out.tmp").iterdir()] == ["old.xml"]


def test_a_file_that_is_older_than_the_run_is_not_its_own(tmp_path: Path) -> None:
    desk = desk_with(
        tmp_path, write("out.tmp/a.xml", FAILS) + "touch -d '1 hour ago' out.tmp/a.xml\n", "out.tmp"
    )
    check = only(desk.verify())
    assert check["junit"] is None
    assert check["report_gap"] == "out.tmp was not written by this run: what is there is older"
    assert desk.evidence().report_gap == check["report_gap"]


def test_nothing_written_is_told(tmp_path: Path) -> None:
    check = only(desk_with(tmp_path, "true", "out/*.xml").verify())
    assert check["warnings"] == ["no report: out/*.xml was not written"]
    assert check["outcome"] == "passed"


def test_a_report_without_a_test_is_told(tmp_path: Path) -> None:
    check = only(desk_with(tmp_path, write("out/a.xml", "<testsuites/>"), "out").verify())
    assert check["warnings"] == ["its report has no test at all: out"]
    assert "no test at all" in desk_with(tmp_path / "b", write("o.xml", "<testsuites/>"), "o.xml").said().out


def test_a_file_that_cannot_be_read_is_a_gap_among_others(tmp_path: Path) -> None:
    run = write("out/a.xml", FINE) + write("out/b.xml", "<testsuite><x") + "ln -s /etc/passwd out/c.xml\n"
    desk = desk_with(tmp_path, run + "echo out/c.xml >>.git-ignored.tmp\n", "out")
    check = only(desk.verify())
    assert check["junit"]["tests"] == 1
    assert check["report_gap"].startswith("2 of 3 files cannot be read: out/b.xml is no XML: ")
    assert "out/c.xml cannot be read: " in check["report_gap"]
    assert not (desk.path / "out/b.xml").exists()
    assert Path("/etc/passwd").exists()


def test_another_document_in_the_folder_stays_and_is_told(tmp_path: Path) -> None:
    desk = desk_with(
        tmp_path, write("out.tmp/a.xml", FINE) + write("out.tmp/coverage.xml", "<coverage/>"), "out.tmp"
    )
    check = only(desk.verify())
    assert (check["junit"]["tests"], check["report_gap"]) == (1, None)
    assert check["warnings"][0].startswith("out.tmp/coverage.xml is no report: it begins with <coverage>")
    assert [path.name for path in (desk.path / "out.tmp").iterdir()] == ["coverage.xml"]
    alone = desk_with(tmp_path / "b", write("out.tmp/coverage.xml", "<coverage/>"), "out.tmp")
    assert only(alone.verify())["report_gap"] == "none of 1 file is a JUnit report"


def test_a_tracked_file_is_read_and_not_removed(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, write("out/a.xml", FINE) + write("out/b.xml", FINE), "out")
    desk.change("out/a.xml", FINE + "\n")
    check = only(desk.verify())
    assert check["junit"]["tests"] == 1
    assert [path.name for path in (desk.path / "out").iterdir()] == ["a.xml"]
    single = desk_with(tmp_path / "b", write("out/a.xml", FINE), "out/a.xml")
    single.change("out/a.xml", FINE + "\n")
    assert only(single.verify())["junit"]["tests"] == 1
    assert (single.path / "out/a.xml").exists()


@pytest.mark.parametrize(
    ("link", "to", "junit", "why"),
    [
        ("o.tmp", "../else", "o.tmp", "cannot be read: it is a link"),
        ("o.tmp", "../else", "o.tmp/*.xml", "is outside the worktree"),
        ("o.tmp", "../else", "o.tmp/a.xml", "is outside the worktree"),
        ("o.tmp", "e.tmp", "o.tmp/*.xml", "has a link on the way"),
        ("o.tmp/x", "../../else", "o.tmp", "was not written"),
    ],
)
def test_links_lead_nowhere_and_what_is_behind_them_stays(
    tmp_path: Path, link: str, to: str, junit: str, why: str
) -> None:
    folder = "e.tmp" if to == "e.tmp" else "../else"
    run = f"mkdir -p $(dirname {link}) {folder}; ln -s {to} {link}\n" + write(f"{folder}/a.xml", FAILS)
    desk = desk_with(tmp_path, run, junit)
    check = only(desk.verify())
    assert why in check["report_gap"]
    assert check["junit"] is None
    assert (desk.path / "e.tmp/a.xml").exists() or (tmp_path / "else/a.xml").exists()


def test_a_name_with_odd_bytes_is_read_and_removed(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, f"mkdir o; printf '%s' '{FINE}' >\"$(printf 'o/\\377 x.xml')\"", "o/*.xml")
    assert only(desk.verify())["junit"]["tests"] == 1
    assert not list((desk.path / "o").iterdir())


def test_too_many_files_are_a_gap(tmp_path: Path) -> None:
    run = "mkdir o; cd o; i=0; while [ $i -lt 5002 ]; do echo '<testsuite/>' >$i.xml; i=$((i+1)); done"
    desk = desk_with(tmp_path, run, "o")
    desk.change(".gitignore", "*.tmp\no/\n")
    assert only(desk.verify())["report_gap"] == "o names more than 5,000 files"
