"""A blind test, without a sound: what X is in each trial, what was answered, and how likely that is by guessing."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from math import comb

SURE, LIKELY, PERHAPS = 0.01, 0.05, 0.2
"""Odds of doing as well by guessing, up to which a difference is heard: surely, very likely, perhaps."""

FEW = 5
"""Trials, with fewer of which not even all right answers are likely to be no guesses."""


def odds(right: int, trials: int) -> float:
    """How likely at least so many right answers are by guessing, 0..1: the upper tail of the binomial distribution."""
    return sum(comb(trials, k) for k in range(right, trials + 1)) / 2**trials


@dataclass
class Trials:
    """What X is, trial by trial, "a" or "b", by a fair coin; seed: the same coin again."""

    count: int
    seed: int | None = None
    answers: list[bool] = field(default_factory=list)  # whether they were right

    def __post_init__(self) -> None:
        coin = random.Random(self.seed)
        self._hidden = [coin.choice("ab") for _ in range(self.count)]

    @property
    def number(self) -> int:
        """Of the trial that is on, from 1."""
        return len(self.answers) + 1

    @property
    def over(self) -> bool:
        """Whether all were answered."""
        return len(self.answers) == self.count

    @property
    def x(self) -> str:
        """What X is now."""
        return self._hidden[len(self.answers)]

    def answer(self, said: str) -> None:
        """X is said to be "a" or "b"."""
        self.answers.append(said == self.x)

    def verdict(self) -> str:
        """What the answers so far tell, in words, with the odds."""
        right, trials = sum(self.answers), len(self.answers)
        if not trials:
            return "Nothing was answered."
        chance = odds(right, trials)
        shown = f"{100 * chance:.1f}" if chance >= 0.001 else "less than 0.1"
        told = f"{right} of {trials} right: who guesses does as well in {shown} % of tests."
        if trials < FEW:
            return f"{told} That is too few to tell: 10 trials, or 16, would."
        return f"{told} {_words(chance)}{'' if self.over else ' (The test was ended early, which flatters.)'}"


def _words(chance: float) -> str:
    if chance <= SURE:
        return "You hear the difference."
    if chance <= LIKELY:
        return "You very likely hear a difference."
    if chance <= PERHAPS:
        return "Perhaps you hear a difference: more trials would tell."
    return "No sign that you hear a difference, which proves none that there is not any."
