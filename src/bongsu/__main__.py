"""`python -m bongsu`: the same command as the console script."""

import sys

from bongsu.cli import main

sys.exit(main())
