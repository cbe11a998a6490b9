"""`rig abx`: a blind test of two sounds. trials.py tosses the coins and reckons the odds, sounds.py makes two sounds
that only their tone tells apart, session.py plays them through JACK and asks.
"""
