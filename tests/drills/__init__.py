"""What a bad night brings, done on purpose: `make drills`. Each drill prints a line a promise, and docs/promises.md keeps
the last figures. Not run by pytest: they take minutes, and measure; the suite has a short form of each.
"""
