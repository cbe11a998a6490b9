"""The list of engines that can be added: typed letters find one, enter takes it."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.markup import escape
from textual.binding import Binding
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from rig.engine import Engine, registry
from rig.errors import RigError
from rig.lv2.plugin import installed
from rig.text import printable
from rig.tui.finder import FinderScreen
from rig.tui.plain import plainer
from rig.tui.selection import Slot

GROUPS = (
    ("amps", ("model",)),
    ("tone", ("gain", "volume", "drive", "eq", "peq", "comp", "gate", "pitch", "dc")),
    ("motion", ("chorus", "flanger", "phaser", "tremolo", "wah")),
    ("space", ("cab", "delay", "reverb", "pan")),
    ("out", ("insert",)),
)
REST = "more"
LV2 = "lv2"


class Offer(NamedTuple):
    """A line of the list. name: of the engine, as the verb `insert` has it; title: as a player knows it."""

    group: str
    name: str
    title: str
    about: str
    words: str = ""

    @property
    def engine(self) -> Engine:
        """Raises RigError where it is a plug-in that cannot be played."""
        return registry()[self.name]

    @property
    def asks(self) -> bool:
        """Whether it needs a file. A plug-in may have one later."""
        return self.name in registry() and bool(self.engine.files)

    def fits(self, typed: str) -> bool:
        """Whether every word that was typed is found in it."""
        said = f"{self.group} {self.name} {self.title} {self.about} {self.words}".casefold()
        return all(word in said for word in typed.casefold().split())


class Wanted(NamedTuple):
    """An engine to be put in. target: where, as the verb `insert` has it."""

    target: str
    offer: Offer


def offers() -> tuple[Offer, ...]:
    """All engines that can be put in by themselves, each group together; those of other packages come last."""
    groups = {name: group for group, names in GROUPS for name in names}
    found = [
        engine for engine in registry().values() if not (engine.branches or engine.plugin) and len(engine.files) < 2
    ]
    order = list(groups)
    found.sort(key=lambda engine: (order.index(engine.name) if engine.name in groups else len(order), engine.name))
    return tuple(Offer(groups.get(e.name, REST), e.name, e.name, e.about, " ".join(e.aliases)) for e in found)


def plug_ins() -> tuple[Offer, ...]:
    """The LV2 plug-ins that are installed, which takes seconds where there are many; none where there is no lilv."""
    try:
        found = installed()
    except RigError:
        return ()
    return tuple(Offer(LV2, f"{LV2} {each.uri}", each.name, each.kind) for each in found)


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
        self.run_worker(self._look, thread=True)

    def _look(self) -> None:
        """For plug-ins, meanwhile."""
        found = plug_ins()
        if found and self.is_attached:
            self.app.call_from_thread(self._found, found)

    def _found(self, plug_ins: tuple[Offer, ...]) -> None:
        if not self.is_attached:
            return
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        self._offers += plug_ins
        self._list(self.query_one(Input).value)
        options.highlighted = at if self.shown else None

    def find(self, typed: str) -> tuple[list[Option], int]:
        self.shown = tuple(offer for offer in self._offers if offer.fits(typed))
        options, group = [], ""
        for offer in self.shown:
            head = offer.group if offer.group != group else ""
            group = offer.group
            about = escape(printable(offer.about) + (plainer(" …") if offer.asks else ""))
            options.append(Option(f"{head:7}[bold]{escape(printable(offer.title)):10}[/] {about}"))
        return options, 0

    def take(self, at: int) -> None:
        self.dismiss(Wanted(self.places[self.at].target, self.shown[at]))

    def action_where(self, by: int) -> None:
        """Somewhere else along the path."""
        self.at = (self.at + by) % len(self.places)
        self.query_one("#card").border_title = f"add {escape(printable(self.places[self.at].words))}"
