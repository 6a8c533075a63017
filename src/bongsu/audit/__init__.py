"""Audits: what scanners that are not ours find on a host, what answers or explains it, and how the score moves."""

SCANNERS = ("lynis", "openscap", "ssh_audit")
