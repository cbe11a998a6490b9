"""What was found out of files, and is true until they change: kept among what may be deleted at any time."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from rig import files
from rig.files import Stamp, whole


def folder() -> Path:
    """Where it is kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rig"


def kept(name: str) -> dict[str, object]:
    """What is kept under a name; nothing where there is none, or what is no JSON."""
    try:
        found = json.loads(_file(name).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def keep(name: str, what: Mapping[str, object]) -> None:
    """Keep it. Where that cannot be written it is found out again the next time."""
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        with whole(_file(name)) as part:
            part.write_text(json.dumps(what, indent=1))


def stamp(name: str) -> Stamp | None:
    """Tells whether what is kept has become another; None where there is none."""
    return files.stamp(_file(name))


def _file(name: str) -> Path:
    return folder() / f"{name}.json"
