"""A check whose end and report are files, committed on base and, where they differ, on the branch.

Belongs here: making the two sides. Does not: what is made of them.
"""

from __future__ import annotations

from pathlib import Path

from verifying import Checks

# What it reads is in a folder that base has, too, and the command names nothing that base could lack.
SCRIPT = """\
mkdir -p r.tmp
for file in said/*.xml; do [ -e "$file" ] && cp "$file" r.tmp/; done
rmdir r.tmp 2>/dev/null
cat said/words
exit $(cat said/code)
"""


def report(*failed: str, passed: int = 1, more: str = "") -> str:
    """A report in which these tests of the class C failed, and so many passed."""
    cases = [f'<testcase classname="C" name="{name}"><failure/></testcase>' for name in failed]
    cases += [f'<testcase classname="C" name="fine {number}"/>' for number in range(passed)]
    return f'<testsuite name="s">{"".join(cases)}{more}</testsuite>'


class Sides(Checks):
    """The task x; its check ends with a code, and writes a report where there is one, on each side."""

    def __init__(
        self,
        folder: Path,
        base: tuple[int, str | None],
        here: tuple[int, str | None],
        junit: str | None = "r.tmp/t.xml",
        words: tuple[str, str] = ("", ""),
    ) -> None:
        check = {"run": "sh check.sh"} | ({"junit": junit} if junit else {})
        super().__init__(folder, {"test": check})
        files = {"check.sh": SCRIPT, "said/code": f"{base[0]}\n", "said/words": words[0]}
        self.base = self.repo.commit("main", files | ({"said/t.xml": base[1]} if base[1] else {})).id
        self.repo.flush()
        self.git("-c", "core.hooksPath=/dev/null", "merge", "-q", "main")
        if base[1] and not here[1]:
            self.git("rm", "-q", "said/t.xml")
        files = {"said/code": f"{here[0]}\n", "said/words": words[1], "src/b.py": "b = 1\n"}
        for path, text in (files | ({"said/t.xml": here[1]} if here[1] else {})).items():
            self.write(path, text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "work")
