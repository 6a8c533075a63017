"""Settings for podman that work on this machine, in a file of the lab's own.

Where the machine has cgroup v2 alone and all capabilities, podman's defaults work. Where cgroups are v1 or hybrid, or
where limits cannot be raised (no CAP_SYS_RESOURCE, as inside many virtual machines and containers), crun fails and runc
with plain cgroup directories and low limits works.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CgroupMode = Literal["unified", "hybrid", "legacy"]
CAP_SYS_RESOURCE = 24  # linux/capability.h
FILES, PROCESSES = 20_000, 9_000  # limits that hold some forty hosts


def cgroup_mode(mountinfo: str) -> CgroupMode:
    """Tell the cgroup mode from the text of /proc/self/mountinfo."""
    kinds: dict[str, str] = {}
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if after:
            kinds[before.split()[4]] = after.split()[0]
    if kinds.get("/sys/fs/cgroup") == "cgroup2":
        return "unified"
    return "hybrid" if kinds.get("/sys/fs/cgroup/unified") == "cgroup2" else "legacy"


def may_raise_limits(status: str) -> bool:
    """Tell from the text of /proc/self/status whether CAP_SYS_RESOURCE is effective."""
    for line in status.splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> CAP_SYS_RESOURCE & 1)
    return True


@dataclass(frozen=True)
class Machine:
    """What decides the settings; `limits` are the hard ones of open files and of processes (-1: none)."""

    cgroups: CgroupMode
    raise_limits: bool
    limits: tuple[int, int]

    @classmethod
    def here(cls) -> Machine:
        """Look at this machine."""
        return cls(
            cgroup_mode(Path("/proc/self/mountinfo").read_text(encoding="utf-8")),
            may_raise_limits(Path("/proc/self/status").read_text(encoding="utf-8")),
            (resource.getrlimit(resource.RLIMIT_NOFILE)[1], resource.getrlimit(resource.RLIMIT_NPROC)[1]),
        )

    @property
    def plain(self) -> bool:
        """Whether only plain settings work here."""
        return self.cgroups != "unified" or not self.raise_limits


def containers_conf(machine: Machine) -> str:
    """Return the text of the lab's containers.conf."""
    # No names of this machine in the hosts' /etc/hosts; a console log that cannot fill the disk.
    container = ['base_hosts_file = "none"', 'log_driver = "k8s-file"', "log_size_max = 1048576"]
    engine = ['events_logger = "file"']
    if machine.plain:
        files, processes = (
            wanted if hard < 0 else min(wanted, hard)
            for wanted, hard in zip((FILES, PROCESSES), machine.limits, strict=True)
        )
        container.append(f'default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]')
        engine += ['runtime = "runc"', 'cgroup_manager = "cgroupfs"']
    return "\n".join(
        [
            f"# Written by bongsu for its lab; cgroups: {machine.cgroups}, may raise limits: {machine.raise_limits}.",
            *("[containers]", *container),
            *("[engine]", *engine),
            *("[network]", 'network_backend = "netavark"'),
            "",
        ]
    )
