"""JACK: our client, its wiring and latency, and a server where none runs.

Only joined.py touches jack-client's private names.
"""
