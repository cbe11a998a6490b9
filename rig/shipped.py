"""What ships with rig, and how a player names it: presets, the demo take, the headers for authors of engines.

In the repository these folders lie beside the package; installed, they lie inside it (setup.py).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from rig.errors import RigError, did_you_mean

AMP = re.compile(r"""^[ \t]*(\[{1,2}[ \t]*["']?amp["']?[ \t]*\]|["']?amp["']?[ \t]*=)""", re.MULTILINE)
LIMIT = 1 << 20  # bytes; what is longer is no preset

DISTRIBUTION = "rig-live"
"""What pip calls us."""

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str, in_repository: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / in_repository


PRESETS = _folder("presets", "presets")
INCLUDE = _folder("include", "csrc")
"""What an engine of another package is compiled with: -I this, #include "rig_engine.h"."""
DEMO = PRESETS / "demo.flac"


def own_presets() -> Path:
    """The folder of the player's own presets; it need not be there."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "rig" / "presets"


def own_copy(preset: Path) -> Path | None:
    """Where a preset is saved that ships with an installed rig, which nobody changes; None: where it lies."""
    inside = (_PACKAGE / "presets").is_dir() and preset.resolve().parent == PRESETS.resolve()
    return own_presets() / preset.name if inside else None


def named_by(preset: Path, file: Path) -> Path:
    """A file that a preset names lies beside it; one of the player's own finds what ships, too, where none is there."""
    beside, shipped = preset.parent / file, PRESETS / file
    return shipped if not os.path.lexists(beside) and _is_own(preset.parent) and shipped.exists() else beside


def seen_among_shipped(folder: Path, path: Path) -> Path | None:
    """How a preset in `folder` names a file that ships, if it may do so by where that lies there; else None."""
    if not _is_own(folder) or not path.is_relative_to(PRESETS.resolve()):
        return None
    seen = path.relative_to(PRESETS.resolve())
    return None if os.path.lexists(folder / seen) else seen


def _is_own(folder: Path) -> bool:
    return folder.resolve() == own_presets().resolve()


def find_preset(given: Path) -> Path:
    """The preset that a player means: a path, or a name, which may come without its `.toml`.

    A name is looked for in the working folder, among the player's own presets, and among those that ship. What looks
    like another kind of file comes back as it is. Raises RigError for a name without an ending that is nowhere.
    """
    if given.is_file() or given != Path(given.name) or given.suffix not in ("", ".toml"):
        return given
    file = given.with_suffix(".toml").name if given.name else ""
    folders = _folders()
    found = next((folder / file for folder in folders if file and (folder / file).is_file()), None)
    if found or given.suffix or given.exists():
        return found or given
    known = known_presets()
    hint = did_you_mean(given.name, known) or f"; there are {', '.join(known)}"
    raise RigError(f"no preset '{given}' here, in {folders[1]} or among those that ship{hint}")


def shipped_presets() -> list[Path]:
    """Those that ship."""
    return sorted(PRESETS.glob("*.toml"))


def known_presets() -> list[str]:
    """The names by which presets are found; what else is TOML is left out."""
    return sorted({path.stem for folder in _folders() for path in folder.glob("*.toml") if has_amps(path)})


def has_amps(file: Path) -> bool:
    """Whether a file is a preset, right or wrong; a set, and what else is written in TOML, has no amps."""
    try:
        return file.stat().st_size <= LIMIT and bool(AMP.search(file.read_text("utf-8-sig")))
    except (OSError, ValueError):
        return False


def _folders() -> list[Path]:
    return [Path(), own_presets(), PRESETS]


def find_take(given: Path) -> Path:
    """The recording that a player means: a path, or `demo` for the one that ships."""
    return DEMO if given == Path("demo") and not given.exists() else given
