"""The command line as ``python -m creditregime.cli``."""

import sys

from creditregime.cli import main

if __name__ == "__main__":
    sys.exit(main())
