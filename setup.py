"""setuptools reads everything from pyproject.toml but this: which scripts build the C."""

from setuptools import setup

setup(cffi_modules=["csrc/build.py:ffi", "csrc/training/build.py:ffi"])
