"""The Mesa face: agents that view rows of the world, made when asked for and stored nowhere."""

from creditregime.agents.rowset import RowSet
from creditregime.agents.views import AgentViews, Firm, Regulator, Supplier

__all__ = ["AgentViews", "Firm", "Regulator", "RowSet", "Supplier"]
