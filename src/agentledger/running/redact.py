"""Remove secrets from what a command printed, before anybody sees or stores it.

Belongs here: which texts are secret, and putting a mark in their place. Does not: where the output comes from
(see `run`).

A text is secret by the name of its environment variable or of its line in an `.env` file, or by the shape of a
well-known token. A secret that was encoded or broken up on its way is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

MARK = b"[redacted]"
MARGIN = 1 << 14  # bytes that are searched beyond a cut; hardly any secret is longer
_SHORTEST = 6  # bytes of a value that is searched for: a shorter one is in many a word by chance
_SHORTEST_LINE = 12  # … and of a line of a value that has several

# Names of variables with secret values. PWD is the current folder, SSH_AUTH_SOCK a socket: neither may match.
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY"
    r"|(?:^|_)(?:KEYS?|PASS|PAT|PW)(?:_|$)|_(?:PWD|AUTH)$",
    re.IGNORECASE,
)
_ENV_LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.]*)[ \t]*=[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
# Values in .env files that are no secrets, unless their names say so: words, numbers.
_PLAIN = re.compile(r"[a-z]+|[0-9.]+|true|false|localhost(?::\d+)?", re.IGNORECASE)

# After the rules of gitleaks, which is under the MIT licence (github.com/gitleaks/gitleaks, its
# config/gitleaks.toml): those whose tokens begin in a way that nothing else does, so nothing is guessed.
_TOKENS = (
    rb"gh[oprsu]_[0-9a-zA-Z]{36}",  # GitHub
    rb"github_pat_\w{82}",
    rb"gl(?:pat|ptt|dt|rt|oas|ft|imt|agent|soat|ffct|cbt)-[\w-]{20,300}(?:\.[0-9a-z]{9})?",  # GitLab
    rb"GR1348941[\w-]{20}",
    rb"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Z0-9])",  # AWS
    rb"AIza[\w-]{35}",  # Google
    rb"sk-ant-(?:api|admin|oat)[0-9]{2}-[\w-]{80,120}",  # Anthropic
    rb"sk-(?:(?:proj|svcacct|admin)-)?[\w-]{20,120}T3BlbkFJ[\w-]{20,120}",  # OpenAI
    rb"hf_[a-zA-Z]{34}",  # Hugging Face
    rb"xox[abeoprs]-[0-9a-zA-Z-]{10,250}",  # Slack
    rb"xapp-\d-[A-Z0-9]{5,20}-\d{5,20}-[a-z0-9]{5,100}",
    rb"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{43,56}",
    rb"(?:sk|rk)_(?:test|live|prod)_[a-zA-Z0-9]{10,99}",  # Stripe
    rb"npm_[a-zA-Z0-9]{36}",
    rb"pypi-AgE[\w-]{50,1000}",
    rb"dckr_pat_[\w-]{27}",  # Docker
    rb"do[opr]_v1_[a-f0-9]{64}",  # DigitalOcean
    rb"SG\.[\w=.-]{66}",  # SendGrid
    rb"dapi[a-f0-9]{32}",  # Databricks
    rb"hv[bs]\.[\w-]{90,300}",  # Vault
    rb"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",  # Shopify
    rb"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
    rb"ey[a-zA-Z0-9]{17,2000}\.ey[a-zA-Z0-9/_-]{17,4000}\.[a-zA-Z0-9/_-]{10,2000}={0,2}",  # JSON Web Token
)
# A password in an address, as in postgres://user:password@host; only the password is removed.
_IN_ADDRESS = rb"(?<=://)[^\s/:@'\"]{0,200}:(?P<password>[^\s/@'\"]{3,200})@"
_SHAPES = re.compile(rb"(?<![\w])(?:" + rb"|".join(_TOKENS) + rb")|" + _IN_ADDRESS)
_KEY_BEGINS = re.compile(rb"-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS = re.compile(rb"-----END[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----")
# A line between the two: of the key itself, or a header of an encrypted one.
_KEY_LINE = re.compile(rb"[A-Za-z0-9+/=]{0,80}|[A-Za-z-]{1,40}: [^\n]{0,100}")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The texts that must not be seen: these exact `values`, and all that looks like a token or a key."""

    values: frozenset[bytes] = frozenset()

    def cleaned(self, raw: bytes, start: int = 0, end: int | None = None) -> bytes:
        """Return `raw[start:end]` with a mark for each secret; one that lies across a cut is removed whole."""
        end = len(raw) if end is None else end
        out, at = [], start
        for first, last in self.find_spans(raw):
            if last <= at or first >= end:
                continue
            out += [raw[at : max(first, at)], MARK]
            at = last
        return b"".join([*out, raw[at:end]])

    def find_spans(self, raw: bytes) -> list[tuple[int, int]]:
        """Return where secrets begin and end, sorted; they may overlap."""
        spans = [match.span() for match in _exact_pattern(self.values).finditer(raw)] if self.values else []
        spans += [m.span("password" if m["password"] else 0) for m in _SHAPES.finditer(raw)]
        return sorted([*spans, *_find_private_keys(raw)])


def collect_secrets(environment: Mapping[str, str], files: Iterable[str] = ()) -> Secrets:
    """Collect the secrets of an environment, and of the texts of `.env` files."""
    values = [value for name, value in environment.items() if _SECRET_NAME.search(name)]
    for text in files:
        values += _parse_env_file(text)
    return Secrets(frozenset(part for value in values for part in _secret_parts(value)))


def _parse_env_file(text: str) -> Iterator[str]:
    """Yield the values of an `.env` file, except plain words or numbers under a plain name."""
    for name, written in _ENV_LINE.findall(text):
        quoted = re.match(r"""(['"])(.*?)\1""", written)
        value = quoted[2] if quoted else re.split(r"\s#", written)[0].rstrip()
        if _SECRET_NAME.search(name) or not _PLAIN.fullmatch(value):
            yield value


def _secret_parts(value: str) -> Iterator[bytes]:
    """Yield what to search for: the whole value, or each of its lines, since output is shown by lines."""
    lines = value.strip().encode("utf-8", "surrogateescape").splitlines()
    shortest = _SHORTEST if len(lines) < 2 else _SHORTEST_LINE
    return (line.strip() for line in lines if len(line.strip()) >= shortest)


@lru_cache(maxsize=16)
def _exact_pattern(values: frozenset[bytes]) -> re.Pattern[bytes]:
    # The longest first: a value may be the beginning of a longer one.
    return re.compile(b"|".join(map(re.escape, sorted(values, key=lambda value: (-len(value), value)))))


# -- private keys -----------------------------------------------------------------------


def _find_private_keys(raw: bytes) -> list[tuple[int, int]]:
    """Find the private keys in PEM form, also those of which only the beginning or the end is there."""
    spans: list[tuple[int, int]] = []
    for begin in _KEY_BEGINS.finditer(raw):
        if not spans or begin.start() >= spans[-1][1]:
            end = _KEY_ENDS.search(raw, begin.end(), begin.end() + MARGIN)
            spans.append((begin.start(), end.end() if end else _find_key_end(raw, begin.end())))
    # An end without a beginning: `raw` is the last part of a longer output.
    ended = {last for _, last in spans}
    lone_ends = (end for end in _KEY_ENDS.finditer(raw) if end.end() not in ended)
    return spans + [(_find_key_start(raw, end.start()), end.end()) for end in lone_ends]


def _find_key_end(raw: bytes, at: int) -> int:
    """Return where the lines of a key end that begins before `at` and has no last line."""
    until = min(len(raw), at + MARGIN)
    while at < until:
        end = raw.find(b"\n", at + 1, until)
        end = until if end < 0 else end
        if not _KEY_LINE.fullmatch(raw[at:end].strip()):
            return at
        at = end
    return at


def _find_key_start(raw: bytes, at: int) -> int:
    """Return where the lines of a key begin that ends at `at` and has no first line."""
    until = max(0, at - MARGIN)
    while at > until:
        start = raw.rfind(b"\n", until, at - 1) + 1
        start = start or until
        if not _KEY_LINE.fullmatch(raw[start:at].strip()):
            return at
        at = start
    return at
