"""Files as programs write them: pictures, fonts, archives, databases, and bytes by chance.

Belongs here: making their bytes, the same at each run. Does not: what is asked of them.
"""

from __future__ import annotations

import io
import random
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

SIZE = 50_000


def chance(seed: int, size: int = SIZE) -> bytes:
    """Bytes as of a compressed or encrypted file."""
    return random.Random(seed).randbytes(size)


def png(seed: int) -> bytes:
    """A picture of noise, which compresses to nothing smaller."""
    wide, high = 128, 128
    rows = b"".join(b"\0" + chance(seed + row, 3 * wide) for row in range(high))
    header = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg(seed: int) -> bytes:
    """The segments of a JPEG file, with noise where the picture is."""
    app = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    tables = b"\xff\xdb\x00\x43\x00" + bytes(range(1, 65))
    noise = chance(seed).replace(b"\xff", b"\xff\x00")
    return b"\xff\xd8" + app + tables + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + noise + b"\xff\xd9"


def woff2(seed: int) -> bytes:
    """The header of a font, and its compressed tables."""
    header = struct.pack(
        ">4s4sIHHIIHHIIIII", b"wOF2", b"\0\1\0\0", SIZE, 12, 0, 2 * SIZE, SIZE - 48, *[0] * 7
    )
    return header + chance(seed)


def archive(seed: int) -> bytes:
    """A zip file with one member that does not compress."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(zipfile.ZipInfo("data.bin"), chance(seed))
    return out.getvalue()


def database(seed: int) -> bytes:
    """A file of SQLite's with blobs of noise, and a text in UTF-8."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE noise (name TEXT, content BLOB)")
    connection.executemany("INSERT INTO noise VALUES ('é', ?)", [(chance(seed + n, 5000),) for n in range(8)])
    connection.commit()
    return connection.serialize()


KINDS: dict[str, Callable[[int], bytes]] = {
    "bin": chance,
    "png": png,
    "jpg": jpeg,
    "woff2": woff2,
    "zip": archive,
    "sqlite": database,
}


def write_all(folder: Path, each: int) -> int:
    """So many files of each kind, below a folder; how many that makes."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, make in KINDS.items():
        for number in range(each):
            (folder / f"{number}.{kind}").write_bytes(make(1000 * number))
    return each * len(KINDS)
