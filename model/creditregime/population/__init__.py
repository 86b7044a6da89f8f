"""Who exists: generated economies, supply networks from graphs, stored economies."""

from creditregime.population.economy import ESSENTIAL, NEGLIGIBLE, NON_ESSENTIAL, OWNERSHIPS, Economy, combine
from creditregime.population.generated import Generated
from creditregime.population.graph_models import GraphModel
from creditregime.population.inline import Links
from creditregime.population.input_output import InputOutput, read_table
from creditregime.population.rules import Graph, Population, Stored
from creditregime.population.tables import Tables

__all__ = [
    "ESSENTIAL",
    "NEGLIGIBLE",
    "NON_ESSENTIAL",
    "OWNERSHIPS",
    "Economy",
    "Generated",
    "Graph",
    "GraphModel",
    "InputOutput",
    "Links",
    "Population",
    "Stored",
    "Tables",
    "combine",
    "read_table",
]
