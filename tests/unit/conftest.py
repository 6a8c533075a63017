"""Lets every test import the host's half as modules do: ``ansible.module_utils.bongsu``."""

import module_runner  # noqa: F401  # importing it makes the path known
