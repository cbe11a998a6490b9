"""A screen that is opened above the play screen, and goes away by itself only."""

from __future__ import annotations

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

FRAME = 4  # lines of a card's edge and of what it leaves free within


class Overlay(Screen[ScreenResultType]):
    """Closes once, and only while nothing is open above it: Textual takes away whatever is on top."""

    def fit_into_card(self, part: Widget, beside: int) -> None:
        """Let a part of the card take the lines that the screen has beside the card's frame and its other parts."""
        part.styles.max_height = max(1, self.size.height - FRAME - beside)

    @property
    def on_top(self) -> bool:
        """Whether it is the one that a player sees and types into; unlike `is_current`, not below a question."""
        return self in self.app.screen_stack[-1:]

    def on_click(self, event: events.Click) -> None:
        """A press beside the card closes it, as escape does."""
        card = self.query("#card")
        if card and not card.first().region.contains(event.screen_x, event.screen_y):
            self.dismiss()

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.on_top else AwaitComplete()
