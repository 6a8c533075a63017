"""A component: packages, files, units and health probes that converge as a whole.

``spec`` reads what is wanted, ``plan`` compares it with what is there (both pure); ``run`` carries a plan out with
``journal`` to undo it, ``health`` to judge it and ``manifest`` to remember it.
"""
