"""Small text files read, any files written whole: what goes wrong is one line that names the file and the fault."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from rig.errors import RigError, did_you_mean

Stamp = tuple[int, int, int]
"""What is another when a file's content is: when it was written, its size, and which file it is."""


def stamp(path: Path) -> Stamp | None:
    """None where there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_text(path: Path, kind: str, limit: int) -> str:
    """The whole file as UTF-8 text, without a byte-order mark.

    kind: what the caller expects, for the message ("preset", "model"). limit: bytes.
    Raises RigError for a file that is missing, no file, not ours to read, empty, too large or not text.
    """
    fault = unreadable(path, kind)
    if fault:
        raise RigError(f"{path}: {fault}")
    try:
        size = path.stat().st_size
        if size > limit:
            raise RigError(f"{path}: {size / 2**20:.0f} MB is too large for a {kind} (at most {limit >> 20} MB)")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RigError(f"{path}: no text at byte {error.start}, so this is no {kind}") from None
    except OSError as error:
        raise RigError(f"{path}: {reason(error)}") from None
    if not text.strip():
        raise RigError(f"{path}: the file is empty")
    return text


def unreadable(path: Path, kind: str, shown: str | None = None) -> str:
    """Why `path` cannot be opened as a `kind` file, or "" where it can. Names a file or folder nearby that exists.

    shown: the path as the player wrote it, for a message that does not start with the path itself.
    """
    name = f"{kind} file '{shown}'" if shown is not None else f"such {kind} file"
    subject = f"{kind} file '{shown}' is " if shown is not None else ""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return f"no {name}{_near(path)}"
    except (OSError, ValueError) as error:
        return f"{subject}out of reach: {reason(error)}"
    if stat.S_ISDIR(mode):
        return f"{subject}a folder, not a file"
    if not stat.S_ISREG(mode):
        return f"{subject}a device or a pipe, not a file"
    if not os.access(path, os.R_OK):
        return f"{subject}out of reach: permission denied"
    return ""


def part_of(path: Path) -> Path:
    """What a file is called until it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that becomes it when the block ends well and vanishes when it does not."""
    part = part_of(path)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write(path: Path, content: str | bytes, check: Callable[[Path], object] = lambda part: None) -> None:
    """Write a file whole or not at all. check: sees it under a passing name first; if it raises, nothing is written.

    Raises RigError where the disk refuses.
    """
    try:
        with whole(path) as part:
            part.write_bytes(content.encode() if isinstance(content, str) else content)
            check(part)
    except OSError as error:
        raise RigError(f"cannot write '{path}': {reason(error)}") from None


def reason(error: Exception) -> str:
    """What the system said, without its number and path: "no space left on device"."""
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]


def _near(path: Path) -> str:
    """The name that comes nearest, at the first step of the path that does not exist."""
    while not path.parent.is_dir() and path.parent != path:
        path = path.parent
    try:
        return did_you_mean(path.name, (entry.name for entry in path.parent.iterdir()))
    except OSError:
        return ""
