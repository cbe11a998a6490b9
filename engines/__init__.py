"""One module an engine. To add one, copy `gain.py` here and `csrc/engines/gain.c`."""
