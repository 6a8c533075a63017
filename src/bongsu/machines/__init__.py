"""Virtual machines: for what no container can show, as kernel settings, AppArmor, the clock, reboots and power cuts."""

from bongsu.machines.needs import install_missing
from bongsu.machines.virtual import VirtualMachine

__all__ = ["VirtualMachine", "install_missing"]
