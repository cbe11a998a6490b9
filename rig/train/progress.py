"""Where a run stands, in words and numbers: what the plain lines and the live view both tell."""

from __future__ import annotations

from rig.train.data import Data
from rig.train.loop import share_done, steps_per_epoch
from rig.train.settings import Settings
from rig.train.state import State


def clock_text(seconds: float) -> str:
    """125 -> '2:05', 4000 -> '1:06:40'."""
    minutes, seconds = divmod(max(int(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class Standing:
    """Reads a run while it goes on. Speed and time left are those of this session; pauses do not count."""

    def __init__(self, state: State, data: Data, settings: Settings) -> None:
        self.state, self.data, self.settings = state, data, settings
        self.first_step, self.first_second, self.first_share = state.step, state.seconds, self.share

    @property
    def share(self) -> float:
        """0..1 of the run."""
        return share_done(self.state, self.data, self.settings)

    @property
    def epoch(self) -> str:
        """The one that goes on: "3", or "3 of 10"."""
        number = len(self.state.history) + 1
        epochs = self.settings.epochs
        return f"{min(number, epochs)} of {epochs}" if epochs else str(number)

    @property
    def epochs_a_minute(self) -> float | None:
        """None until there is something to tell it by."""
        steps, seconds = self.state.step - self.first_step, self.state.seconds - self.first_second
        if steps < 10 or seconds < 1:
            return None
        return 60 * steps / seconds / steps_per_epoch(self.data, self.settings)

    @property
    def seconds_left(self) -> float | None:
        """Until the epochs or the minutes are over; None until it can be told."""
        share, gone = self.share, self.share - self.first_share
        seconds = self.state.seconds - self.first_second
        return seconds / gone * (1 - share) if gone > 0 and (gone > 0.01 or seconds > 10) else None

    @property
    def left(self) -> str:
        """The time left in words; a target may end the run earlier."""
        seconds = self.seconds_left
        if seconds is None:
            return ""
        return f"{'at most ' if self.settings.target else ''}{clock_text(seconds)} left"
