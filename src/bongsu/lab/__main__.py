"""`python -m bongsu.lab up`: the lab's command by itself."""

import sys

from bongsu.lab.command import main

sys.exit(main())
