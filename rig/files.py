"""Small text files read, any files written whole: what goes wrong is one line that names the file and the fault."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from rig.errors import RigError, did_you_mean, quoted
from rig.kinds import misplaced
from rig.text import printable

Stamp = tuple[int, int, int]
"""What is another when a file's content is: when it was written, its size, and which file it is."""


def stamp(path: Path) -> Stamp | None:
    """None where there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_bytes(path: Path, limit: int) -> bytes:
    """The whole of a plain file, without waiting for anything. limit: bytes.

    Raises OSError, also of a device, of a pipe, and of what is larger.
    """
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(file, "rb") as open_file:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "a device or a pipe, not a file")
        content = open_file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"larger than {_size(limit)}")
    return content


def _size(count: int) -> str:
    """Bytes in words."""
    return f"{count / 2**20:.0f} MB" if count >= 1 << 20 else f"{count / 2**10:.0f} KB"


def read_text(path: Path, kind: str, limit: int) -> str:
    """The whole file as UTF-8 text, without a byte-order mark.

    kind: what the caller expects, for the message ("preset", "model"). limit: bytes.
    Raises RigError for a file that is missing, no file, not ours to read, of another kind, empty, too large, no text.
    """
    fault = unreadable(path, kind) or misplaced(path, kind)
    if fault:
        raise RigError(f"{path}: {fault}")
    try:
        size = path.stat().st_size
        if size > limit:
            raise RigError(f"{path}: {_size(size)} is too large for a {kind} (at most {_size(limit)})")
        text = read_bytes(path, limit).decode("utf-8-sig")
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
    name = f"{kind} file {quoted(shown)}" if shown is not None else f"such {kind} file"
    subject = f"{kind} file {quoted(shown)} is " if shown is not None else ""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        link = _broken_link(path)
        return f"{subject}{link}" if link else f"no {name}{_foreign(shown or str(path)) or _near(path)}"
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


def sweep(path: Path) -> None:
    """Do away with parts of a file that programs have left which were killed as they wrote it."""
    parts = re.compile(re.escape(f".{path.name}.") + r"([0-9]+)\.part")
    for name in _names(path.parent):
        found = parts.fullmatch(name)
        if found and not Path(f"/proc/{found[1]}").exists():
            with contextlib.suppress(OSError):
                path.with_name(name).unlink()


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that becomes it when the block ends well and vanishes when it does not.

    It becomes it when it is on the disk, so that not even a power cut leaves half of it.
    """
    sweep(path)
    part = part_of(path)
    part.unlink(missing_ok=True)  # a link that was laid there would be followed
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def may_replace(path: Path, *, force: bool, instead: str = "") -> None:
    """Lets a file be written over only where the player says so, by `--force` or, on a terminal, when asked.

    instead: what else could be done, for the message. Raises RigError where it is to stay.
    """
    if force or not os.path.lexists(path):
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RigError(f"'{path}' is there already: name another, or write over it with --force{instead}")
    print(printable(f"{path} is there: write over it? [y/N] "), end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise RigError(f"'{path}' is left as it is{instead}")


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


def spelled(path: Path) -> Path:
    """A path as the disk spells it: Unicode writes one `ü` in two ways, and what macOS packed has the other one.

    Where nothing is there under either spelling it stays as it is.
    """
    if str(path).isascii() or os.path.lexists(path):
        return path
    found = Path(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        if not os.path.lexists(found / part):
            same = [name for name in _names(found) if _composed(name) == _composed(part)]
            if not same:
                return path
            part = same[0]
        found /= part
    return found


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _broken_link(path: Path) -> str:
    """What is said of a link on the way that leads nowhere; "" where there is none."""
    for step in (path, *path.parents):
        if step.is_symlink() and not step.exists():
            at = "" if step == path else f" at {quoted(step.name)}"
            return f"a broken link{at}: there is no {quoted(step.readlink())}"
    return ""


def _foreign(written: str) -> str:
    """What is said of a path as Windows writes it."""
    if re.match(r"[A-Za-z]:[\\/]", written):
        return "; that is a path of Windows: write where it lies here, with /"
    return "; write / in place of \\" if "\\" in written else ""


def _near(path: Path) -> str:
    """The name that comes nearest, at the first step of the path that does not exist."""
    while not path.parent.is_dir() and path.parent != path:
        path = path.parent
    names = _names(path.parent)
    wanted = _composed(path.name).casefold()
    for same in (lambda name: name, lambda name: Path(name).stem):  # another case; no ending, or another
        alike = [name for name in names if same(_composed(name).casefold()) == wanted]
        if alike:
            return did_you_mean(alike[0], alike)
    return did_you_mean(path.name, names)
