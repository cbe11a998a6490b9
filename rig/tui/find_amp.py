"""The list of all amps, scenes and songs: typed letters find one, enter plays it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from rich.markup import escape
from textual.widgets.option_list import Option

from rig.gig.snapshot import AmpView, SongRow
from rig.text import printable
from rig.tui.finder import FinderScreen
from rig.tui.plain import plainer

NAME = 28  # columns


class Named(Protocol):
    """What can be found."""

    @property
    def index(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str | None: ...
    @property
    def preset(self) -> str: ...


Thing = TypeVar("Thing", bound=Named)


@dataclass(frozen=True)
class Entry:
    """An amp, one of its scenes, or a song. kind: "amp", "scene", "song". uid: of the amp or the song.

    key: as its tile says, "" where it is on none. preset: its name.
    """

    index: int
    kind: str
    name: str
    key: str | None
    preset: str
    uid: int
    scene: str = ""


def label(amp: Named) -> str:
    """What an amp's tile calls it: its key, or its number in the set."""
    return str(amp.index + 1) if amp.key is None else amp.key


def entries(known: Sequence[AmpView], amps: Sequence[AmpView], rows: Sequence[SongRow]) -> tuple[Entry, ...]:
    """All that can be found: the amps of the stage and their scenes, the songs, then all other amps and scenes.

    known: all amps; amps: those of the stage, as their tiles have them.
    """
    tiles = {amp.uid: amp for amp in amps}
    near: list[Entry] = []
    far: list[Entry] = []
    for amp in known:
        tile = tiles.get(amp.uid)
        some = near if tile else far
        some.append(Entry(0, "amp", amp.name, label(tile) if tile else "", amp.preset, amp.uid))
        for scene in amp.scenes:
            some.append(Entry(0, "scene", f"{amp.name}:{scene}", "", amp.preset, amp.uid, scene))
    songs = [Entry(0, "song", song.name, str(song.number), song.preset, song.uid) for song in rows]
    found = (*near, *songs, *far)
    return tuple(Entry(i, e.kind, e.name, e.key, e.preset, e.uid, e.scene) for i, e in enumerate(found))


def found(amps: Sequence[Thing], typed: str) -> tuple[Thing, ...]:
    """What has a label, name or preset that holds what was typed, of a name its letters in order; the nearest first."""
    ranked = [(_distance(amp, typed.casefold().split()), amp.index, amp) for amp in amps]
    return tuple(amp for distance, _, amp in sorted(ranked, key=lambda r: r[:2]) if distance < _NOWHERE)


_NOWHERE = 9


def _distance(amp: Named, typed: list[str]) -> int:
    wanted = "".join(typed)
    words = amp.name.casefold().replace(":", " ").split()
    whole = "".join(words)
    if wanted == label(amp) or not wanted:
        return 0
    if whole.startswith(wanted):
        return 1
    if any(word.startswith(wanted) for word in words) or "".join(word[0] for word in words).startswith(wanted):
        return 2
    if wanted in whole:
        return 3
    if _in_order(wanted, whole):
        return 4
    words += amp.preset.casefold().split()
    found_in_preset = len(wanted) > 2 and all(any(word.startswith(part) for word in words) for part in typed)
    return 5 if found_in_preset else _NOWHERE


def _in_order(wanted: str, text: str) -> bool:
    letters = iter(text)
    return all(letter in letters for letter in wanted)


class FindScreen(FinderScreen[Entry]):
    """Gives back what was chosen. playing: the identities of the amp and of the song that play."""

    KEYS = "↑↓ · ↵ play · esc · {ctrl+n} mute · {F1-F9} amp"
    NOTHING = "no amp, scene or song is called that"

    def __init__(self, things: Sequence[Entry], playing: Sequence[int]) -> None:
        super().__init__()
        self._things, self._playing = tuple(things), playing
        self.shown: tuple[Entry, ...] = ()

    def on_mount(self) -> None:
        songs = any(entry.kind == "song" for entry in self._things)
        self.query_one("#card").border_title = "amps, scenes, songs" if songs else "amps and scenes"

    def find(self, typed: str) -> tuple[list[Option], int]:
        self.shown = found(self._things, typed)
        several = len({entry.preset for entry in self._things}) > 1
        options = []
        for entry in self.shown:
            mark = plainer("♪") if entry.uid in self._playing and not entry.scene else " "
            about = [entry.kind] if entry.kind != "amp" else []
            about += [printable(entry.preset)] if several else []
            name = escape(f"{printable(entry.name):{NAME}}")
            told = escape(plainer(" · ").join(about))
            options.append(Option(f"{mark} {label(entry):>2}  [bold]{name}[/]{told}"))
        at = next((i for i, entry in enumerate(self.shown) if entry.uid in self._playing), 0)
        return options, 0 if typed else at

    def take(self, at: int) -> None:
        self.dismiss(self.shown[at])
