"""Model files: formats/ (a file -> a network), program/ (a network -> steps for C), convert/.

library.py reads each file once, player.py plays one by itself, analysis.py measures delay, polarity and loudness.
"""
