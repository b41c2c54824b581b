"""`python -m pkstats` is the `pkstats` command."""

import sys

from pkstats.cli import main

sys.exit(main())
