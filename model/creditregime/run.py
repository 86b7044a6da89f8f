"""A scenario, or many, as a Hydra application: ``python -m creditregime.run regime=fines_only seed=2``.

The public function of this name is ``creditregime.run``, also where this module has been imported.
"""

from __future__ import annotations

import sys

from creditregime.cli.hydra_application import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
