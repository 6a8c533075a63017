"""`python -m bongsu.audit`: the page of the findings that stay on purpose, docs/audit-explained.md."""

import sys

from bongsu.audit.page import page

sys.stdout.write(page())
