"""What `rig play` offers when it is told nothing: the presets and sets that it finds, and what was played last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rig.document.read_set import is_set
from rig.errors import RigError, did_you_mean, quoted
from rig.shipped import PRESETS, has_amps, own_presets
from rig.text import printable


@dataclass(frozen=True)
class Offer:
    """name: by which find_preset() finds the file. about: what it is where it is no preset that ships."""

    name: str
    path: Path
    about: str = ""


def offers() -> list[Offer]:
    """Presets and sets of the working folder, then the player's own, then those that ship; of one name, the first."""
    found: dict[str, Offer] = {}
    for folder, where in ((Path(), "here"), (own_presets(), "yours"), (PRESETS, "")):
        for path in sorted(folder.glob("*.toml")):
            a_set = is_set(path)
            if path.stem not in found and (a_set or has_amps(path)):
                about = ", ".join(words for words in ("a set" if a_set else "", where) if words)
                found[path.stem] = Offer(path.stem, path, about)
    return list(found.values())


def choose(found: Sequence[Offer], last: Sequence[Path], answers: TextIO, out: TextIO) -> list[Path]:
    """Ask which is to be played: a number, a name, or nothing for what was played last.

    last: that; none where it is not there any more. Raises RigError where the answers end.
    """
    width = max((len(offer.name) for offer in found), default=0)
    for number, offer in enumerate(found, 1):
        _say(out, f"{number:2}  {offer.name:{width}}  {offer.about}".rstrip())
    again = f", or Enter for what was played last, {named(last, found)}" if last else ""
    while True:
        print(printable(f"Which? A number or a name{again}: "), end="", file=out, flush=True)
        line = answers.readline()
        if not line:
            print(file=out)
            raise RigError("nothing was chosen")
        words = line.strip()
        if not words and last:
            return list(last)
        if words.isdecimal() and 1 <= int(words[:9]) <= len(found):
            return [found[int(words[:9]) - 1].path]
        match = next((offer.path for offer in found if offer.name.casefold() == words.casefold()), None)
        if match:
            return [match]
        if words:
            hint = did_you_mean(words, [offer.name for offer in found])
            _say(out, f"There is no {quoted(words)} here{hint or f'; there are 1 to {len(found)}'}.")


def named(paths: Sequence[Path], found: Sequence[Offer]) -> str:
    """What was played, in short: names where they are found by them, else paths; of many, the first."""
    called = {offer.path.absolute(): offer.name for offer in found}
    first = called.get(paths[0].absolute(), str(paths[0]))
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"


def _say(out: TextIO, line: str) -> None:
    print(printable(line), file=out)
