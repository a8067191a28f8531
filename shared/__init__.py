VERSION = "0.1.0"
"""Which program runs: `pyproject.toml` says the same. The image has the code, but no installed package to ask."""
