"""setuptools reads everything from pyproject.toml but this: which script builds the C."""

from setuptools import setup

setup(cffi_modules=["csrc/build.py:ffi"])
