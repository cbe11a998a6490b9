"""Capturing an amp: the test signal, the take through JACK, and the checks that `rig train` makes, too."""
