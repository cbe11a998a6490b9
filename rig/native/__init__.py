"""The only door to C: instruction sets, engines' descriptors, chains, the rack, the player and recorder of captures.

Everyone above sees dataclasses and numpy arrays. Python builds, C runs, Python frees.
"""

from rig.native.bindings import NOTES, WHEEL, Bank, Bindings, Bound
from rig.native.chain import (
    BRANCHES,
    Chain,
    Switch,
    Unit,
    UnitError,
    chains_freed,
    chains_made,
    expected_switch,
    time_chains,
)
from rig.native.decibels import decibels, linear
from rig.native.descriptors import engine
from rig.native.isa import isa, isas, peak, use_isa
from rig.native.looper import LoopState
from rig.native.meters import Meters, Watch
from rig.native.player_recorder import PlayerRecorder, PlayerRecorderMeters, Take
from rig.native.rack import (
    BLAST,
    BLOCK,
    FULL,
    HISTORY,
    LEADERS,
    LEADS,
    RELIEFS,
    RETURN,
    SLOTS,
    STAGES,
    MidiEvent,
    Rack,
    Transport,
)

__all__ = [
    "BLAST",
    "BLOCK",
    "BRANCHES",
    "FULL",
    "HISTORY",
    "LEADERS",
    "LEADS",
    "NOTES",
    "RELIEFS",
    "RETURN",
    "SLOTS",
    "STAGES",
    "WHEEL",
    "Bank",
    "Bindings",
    "Bound",
    "Chain",
    "LoopState",
    "Meters",
    "MidiEvent",
    "PlayerRecorder",
    "PlayerRecorderMeters",
    "Rack",
    "Switch",
    "Take",
    "Transport",
    "Unit",
    "UnitError",
    "Watch",
    "chains_freed",
    "chains_made",
    "decibels",
    "engine",
    "expected_switch",
    "isa",
    "isas",
    "linear",
    "peak",
    "time_chains",
    "use_isa",
]
