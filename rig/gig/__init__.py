"""What plays: presets become chains in a rack, verbs change them, snapshots show them.

Live through JACK (gig.py), or offline into a file (render.py).
"""
