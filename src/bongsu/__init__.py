"""bongsu: watched, logged, hardened and redundant Debian servers, with proof."""

__version__ = "0.1.0"
