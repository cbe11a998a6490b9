"""What a command prints: JSON for programs, a progress bar, and a line for what is wrong."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rig.text import printable


def complain(line: str) -> None:
    """A line on stderr, behind what was printed before."""
    sys.stdout.flush()
    print(printable(f"rig: {' '.join(line.splitlines())}"), file=sys.stderr)


def print_json(value: object) -> int:
    """For programs. Returns 0, the exit status of what is done with that."""
    import json

    text = json.dumps(_plain(value), indent=2, ensure_ascii=False)
    print("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))
    return 0


def _plain(value: object) -> object:
    """As JSON has it: a path is a text; NaN and infinity, of which there are none, are null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Path):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextlib.contextmanager
def bar(what: str) -> Iterator[Callable[[float], None]]:
    """A progress bar on stderr, where that is a terminal. Yields what is to be told 0..1 of the work done."""
    from rich.console import Console
    from rich.progress import Progress

    # No thread of its own draws it: what is measured meanwhile has the processor to itself.
    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False, disable=quiet) as bars:
        task = bars.add_task(what, total=1.0, visible=False)
        yield lambda share: bars.update(task, completed=share, visible=True, refresh=True)
