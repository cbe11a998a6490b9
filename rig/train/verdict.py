"""An error-to-signal ratio in words: 0.008 is "very close".

0.02 was called "very close" by A. Wright et al., "Real-Time Guitar Amplifier Emulation with Deep Learning", 2020; the
steps above it are those that players of this family of models have come to use. In the listening tests of that article
the models of one amplifier were told from it and judged excellent all the same, and many could not tell the two largest
of another: a ratio is no listener. `rig abx` asks one.
"""

from __future__ import annotations

STEPS = (
    (0.002, "hard to tell apart"),
    (0.02, "very close"),
    (0.05, "good, but different"),
    (0.1, "noticeably different"),
    (0.2, "far off"),
)


def verdict(esr: float) -> str:
    """esr: plain, on audio that was not trained on."""
    return next((words for most, words in STEPS if esr <= most), "not that amp")


def shown(esr: float) -> str:
    """Four places, or where those say too little, two digits: 0.0081, 0.00039."""
    return f"{esr:.4f}" if esr >= 0.001 else f"{esr:.2g}"


def scored(esr: float, esr_preemphasis: float) -> str:
    """Both ratios with their names: "0.0081 plain: very close, 0.0102 pre-emphasised"."""
    return f"{shown(esr)} plain: {verdict(esr)}, {shown(esr_preemphasis)} pre-emphasised"
