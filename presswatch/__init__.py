"""The program: the command line, and the one place that wires the rooms together."""

from importlib.metadata import version

__version__ = version("presswatch")
