"""JACK: our client, its wiring and latency, and a server where none runs.

The only place that touches jack-client's private names.
"""
