"""What the player wants, as one immutable value: read from TOML with every fault named, edited, remembered, saved.

address.py: what words name in it; edits/: pure functions; history.py: undo and A/B; writing/: into the file's own text.
No sound, no C.
"""
