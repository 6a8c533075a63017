"""The lab: an inventory's hosts as systemd containers, reached by SSH exactly as real servers are."""

from bongsu.lab.lab import HostStatus, Lab
from bongsu.lab.machine import install_missing, missing_packages

__all__ = ["HostStatus", "Lab", "install_missing", "missing_packages"]
