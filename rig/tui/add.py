"""The list of engines that can be added: typed letters find one, enter takes it."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.markup import escape
from textual.binding import Binding
from textual.widgets.option_list import Option

from rig.engine import Engine, registry
from rig.text import printable
from rig.tui.finder import FinderScreen
from rig.tui.plain import plainer
from rig.tui.selection import Slot

GROUPS = (
    ("amps", ("model",)),
    ("tone", ("gain", "volume", "drive", "eq", "peq", "comp", "gate", "pitch", "dc")),
    ("motion", ("chorus", "flanger", "phaser", "tremolo", "wah")),
    ("space", ("cab", "delay", "reverb", "pan")),
)
REST = "more"


class Wanted(NamedTuple):
    """An engine to be put in. target: where, as the verb `insert` has it."""

    target: str
    engine: Engine


class Offer(NamedTuple):
    """A line of the list."""

    group: str
    engine: Engine

    def fits(self, typed: str) -> bool:
        """Whether every word that was typed is found in it."""
        said = f"{self.group} {self.engine.name} {self.engine.about} {' '.join(self.engine.aliases)}".casefold()
        return all(word in said for word in typed.casefold().split())


def offers() -> tuple[Offer, ...]:
    """All engines that can be put in by themselves, each group together; those of other packages come last."""
    groups = {name: group for group, names in GROUPS for name in names}
    found = [engine for engine in registry().values() if not engine.branches and len(engine.files) < 2]
    order = list(groups)
    found.sort(key=lambda engine: (order.index(engine.name) if engine.name in groups else len(order), engine.name))
    return tuple(Offer(groups.get(engine.name, REST), engine) for engine in found)


class AddScreen(FinderScreen[Wanted]):
    """Asks for an engine. places: where one can go; at: where this one is to go, unless the player says otherwise.

    amp: the identity of the one whose places those are; while another one plays there is nothing to be added.
    """

    BINDINGS: ClassVar = [Binding("tab", "where(1)"), Binding("shift+tab", "where(-1)")]
    KEYS = "↑↓ · ↵ add · tab elsewhere · esc · {ctrl+n} mute · {F1-F9} amp"
    NOTHING = "no engine is called that"

    def __init__(self, places: tuple[Slot, ...], at: int, amp: int) -> None:
        super().__init__()
        self.places, self.at, self.amp = places, at, amp
        self._offers = offers()
        self.shown: tuple[Offer, ...] = ()

    def on_mount(self) -> None:
        self.action_where(0)

    def find(self, typed: str) -> tuple[list[Option], int]:
        self.shown = tuple(offer for offer in self._offers if offer.fits(typed))
        options, group = [], ""
        for offer in self.shown:
            head = offer.group if offer.group != group else ""
            group = offer.group
            about = escape(printable(offer.engine.about) + (plainer(" …") if offer.engine.files else ""))
            options.append(Option(f"{head:7}[bold]{offer.engine.name:11}[/]{about}"))
        return options, 0

    def take(self, at: int) -> None:
        self.dismiss(Wanted(self.places[self.at].target, self.shown[at].engine))

    def action_where(self, by: int) -> None:
        """Somewhere else along the path."""
        self.at = (self.at + by) % len(self.places)
        self.query_one("#card").border_title = f"add {escape(printable(self.places[self.at].words))}"
