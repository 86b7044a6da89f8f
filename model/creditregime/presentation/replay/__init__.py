"""The replay explorer: stored runs of a sweep as one HTML file that plays them, two side by side, without a server."""

from creditregime.presentation.replay.build import replay
from creditregime.presentation.replay.description import Description

__all__ = ["Description", "replay"]
