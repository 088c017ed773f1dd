"""Secrets in what a command printed: none is shown or stored, wherever the output happens to be cut."""

from __future__ import annotations

import random
import time

import pytest

from agentledger.running import redact
from agentledger.running.live import A_SECOND, BURST, Live
from agentledger.running.output import MOST, Output
from agentledger.running.redact import MARGIN, Secrets

SECRET = b"hunter2-correct-horse"
ENV = {"DB_PASSWORD": SECRET.decode(), "PATH": "/bin"}
# Made up, in the shapes of real ones; in two parts, so that no scanner of this repository stops at them.
TOKENS = [
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2c3D4e5F" * 7 + "a1B2c",
    "glpat-" + "x9Y8z7W6v5U4t3S2r1Q0",
    "AKIA" + "Q7RSTUVWXYZ234AB",
    "AIza" + "Sy0123456789abcdefghijklmnopqrstuvw",
    "sk-ant-" + "api03-" + "b" * 93 + "AA",
    "sk-proj-" + "c" * 40 + "T3BlbkFJ" + "d" * 40,
    "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
    "xoxb-" + "123456789012-123456789012-abcdefghijklmnopqrstuvwx",
    "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "npm_" + "0123456789abcdefghijABCDEFGHIJ012345",
    "pypi-" + "AgEIcHlwaS5vcmc" + "e" * 60,
    ".".join(["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3"]),
]
KEY = (
    b"-----BEGIN " + b"RSA PRIVATE KEY-----\n"
    + b"MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgwMbRvI0MBZhpI\n" * 9
    + b"c3RyaW5n\n-----END " + b"RSA PRIVATE KEY-----\n"
)  # fmt: skip


def cleaned(text: str | bytes, environment: dict[str, str] | None = None) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return redact.collect_secrets(environment or {}).cleaned(raw).decode()


@pytest.mark.parametrize(
    "name",
    "TOKEN GITHUB_TOKEN NPMTOKEN API_KEY OPENAI_APIKEY AWS_SECRET_ACCESS_KEY DB_PASSWORD PGPASSWORD "
    "PASSPHRASE GOOGLE_CREDENTIALS SSH_KEY MYSQL_PWD npm_config__auth SIGNING_KEYS my_secret GH_PAT".split(),
)
def test_the_value_of_a_variable_whose_name_says_secret_is_not_shown(name: str) -> None:
    assert cleaned("say s3cretvalue!", {name: "s3cretvalue"}) == "say [redacted]!"


@pytest.mark.parametrize(
    "name", ["PATH", "PWD", "OLDPWD", "SSH_AUTH_SOCK", "KEYBOARD", "MONKEY", "AUTHOR", "BYPASS"]
)
def test_other_variables_are(name: str) -> None:
    assert cleaned("say s3cretvalue!", {name: "s3cretvalue"}) == "say s3cretvalue!"


def test_short_values_are_left_since_they_are_in_many_a_word() -> None:
    assert cleaned("12345 yes", {"API_KEY": "12345", "TOKEN": "yes"}) == "12345 yes"


def test_of_two_values_the_longer_is_taken_whole() -> None:
    text = cleaned("abcdef abcdefghij", {"A_TOKEN": "abcdef", "B_TOKEN": "abcdefghij"})
    assert text == "[redacted] [redacted]"


def test_the_lines_of_a_longer_value_are_secret_each() -> None:
    value = "first-line-of-it\nshort\nlast-line-of-it\n"
    assert (
        cleaned("a first-line-of-it\nb last-line-of-it\nshort", {"KEY": value})
        == "a [redacted]\nb [redacted]\nshort"
    )


def test_values_that_are_patterns_or_no_text_are_taken_as_they_are() -> None:
    assert cleaned("x.*(y x.*(y+", {"TOKEN": "x.*(y+"}) == "x.*(y [redacted]"
    odd = "caf\udce9-secret"
    assert redact.collect_secrets({"TOKEN": odd}).cleaned(b"<caf\xe9-secret>") == b"<[redacted]>"


def test_values_of_dotenv_files_are_secret_but_for_plain_words() -> None:
    text = (
        "# a comment=not-a-value\nNODE_ENV=production\nPORT=8080\nexport URL='https://x.test/abc?d=1'\n"
        'NAME="quoted value" # why\nBARE=some-thing # why\nAPI_KEY=plainword\nWIN=dos-ending\r\nEMPTY=\n'
    )
    secrets = redact.collect_secrets({}, [text])
    assert secrets.values == {
        b"https://x.test/abc?d=1", b"quoted value", b"some-thing", b"plainword", b"dos-ending"
    }  # fmt: skip


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:8])
def test_well_known_tokens_are_recognised_by_their_shape(token: str) -> None:
    text = cleaned(f"remote: {token}\nuse '{token}', or {token}.")
    assert text == "remote: [redacted]\nuse '[redacted]', or [redacted]."


@pytest.mark.parametrize(
    "text",
    ["ghp_short", "a commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
     "tests/test_api_key.py::test_token PASSED", "sk-learn is scikit-learn", "xghp_" + "a" * 36, "https://example.org/a:b@c"],
)  # fmt: skip
def test_what_only_looks_a_little_like_one_stays(text: str) -> None:
    assert cleaned(text) == text


def test_the_password_in_an_address_goes_and_the_rest_stays() -> None:
    assert cleaned("to postgres://me:pass-word@db:5432/x") == "to postgres://me:[redacted]@db:5432/x"


def test_a_private_key_goes_also_where_its_beginning_or_end_is_cut_off() -> None:
    assert cleaned(b"a\n" + KEY + b"b\n") == "a\n[redacted]\nb\n"
    middle = KEY.index(b"MIIE", 200)
    assert b"MIIE" not in Secrets().cleaned(b"a\n" + KEY[:middle])
    rest = Secrets().cleaned(KEY[middle:] + b"b\n")
    assert rest == b"[redacted]\nb\n"


def test_the_mere_mention_of_a_key_takes_nothing_else_along() -> None:
    text = "expected -----BEGIN " + "PRIVATE KEY----- at line 1\nthe next line says why\n"
    assert cleaned(text).endswith("the next line says why\n")


def test_looking_is_quick_whatever_the_text_is() -> None:
    texts = [
        b"y\n",
        b"ey" * 9,
        b"://a:",
        b"-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n",
        b"\0",
        b"sk-",
    ]
    secrets = redact.collect_secrets(ENV)
    for text in texts:
        began = time.process_time()
        secrets.cleaned(text * (MOST // len(text)))
        assert time.process_time() - began < 3, text


# -- wherever it is cut -----------------------------------------------------------------


def shown(blocks: list[bytes], secrets: Secrets) -> bytes:
    heard: list[bytes] = []
    live = Live(secrets, heard.append)
    for block in blocks:
        live.add(block)
    live.close()
    return b"".join(heard)


def test_a_secret_in_two_blocks_is_not_shown() -> None:
    text = b"before " + SECRET + b" after\n" + KEY + TOKENS[0].encode() + b"\nend"
    secrets = redact.collect_secrets(ENV)
    expected = b"before [redacted] after\n[redacted]\n[redacted]\nend"
    for at in range(len(text)):
        assert shown([text[:at], text[at:]], secrets) == expected, at
    assert shown([text[at : at + 1] for at in range(len(text))], secrets) == expected


def test_a_secret_in_a_line_without_an_end_is_not_shown() -> None:
    dice = random.Random(1)
    for _ in range(20):
        filler = b"x" * dice.randrange(MARGIN, 4 * MARGIN)
        text = filler + b" " + SECRET + b" " + filler
        size = dice.randrange(1000, 9000)
        blocks = [text[at : at + size] for at in range(0, len(text), size)]
        assert shown(blocks, redact.collect_secrets(ENV)) == filler + b" [redacted] " + filler


def test_lines_are_shown_as_they_come_and_the_rest_at_the_end() -> None:
    heard: list[bytes] = []
    live = Live(Secrets(), heard.append)
    live.add(b"one\ntw")
    assert heard == [b"one\n"]
    live.add(b"o\n10%\r20")
    assert heard == [b"one\n", b"two\n10%\r"]
    live.close()
    assert heard[-1] == b"20"


def test_a_flood_is_not_shown_but_its_size_is() -> None:
    line = b"0123456789abcde\n"
    text = shown([line * (BURST // len(line) * 4)] * 3, Secrets())
    assert len(text) < BURST + 10 * A_SECOND
    assert text.startswith(line * 100)
    assert b"bytes not shown]\n" in text
    assert all(
        part == line.rstrip() or part.startswith(b"[agentledger") for part in text.rstrip().split(b"\n")
    )


@pytest.mark.parametrize("shift", [0, 1, 7, len(SECRET) - 1, len(SECRET), len(SECRET) + 1])
@pytest.mark.parametrize("first", [True, False])
def test_a_secret_across_the_cut_of_a_long_log_is_not_stored(shift: int, first: bool) -> None:
    size = 3 * MOST
    cut = (MOST if first else size - MOST) - shift
    text = b"." * cut + SECRET + b"." * (size - cut - len(SECRET))
    output = Output()
    for at in range(0, size, 70_001):
        output.add(text[at : at + 70_001])
    log = output.log(redact.collect_secrets(ENV))
    begin, _, end = log.text.partition(b"\n[agentledger: ")
    stored = begin + end.partition(b"]\n")[2]
    assert log.left_out == MOST
    assert set(stored.replace(b"[redacted]", b"")) == set(b".")
