"""Supply networks as networkx graphs: edges go from supplier to buyer, as the goods do."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray

from creditregime.codes import OWNERSHIPS
from creditregime.component import nearest
from creditregime.errors import PopulationError
from creditregime.population.balancing import sizes
from creditregime.population.columns import Columns, columns, sorted_links
from creditregime.population.reading import refuse_missing

_READERS: dict[str, Callable[[str], Any]] = {".graphml": nx.read_graphml, ".gexf": nx.read_gexf}
_SHARES = ("procurement_share", "export_share", "energy_share")
_ATTRIBUTE = "economy"  # graph attribute with what belongs to sectors, as JSON: GraphML keeps text

Reals = NDArray[np.float64]
Nodes = Mapping[Hashable, int]


def read_graph(path: str) -> nx.Graph[Any]:
    """Return the graph in a GraphML or GEXF file."""
    reader = _READERS.get(Path(path).suffix.lower())
    if reader is None:
        tables = "; tables are read by population.kind=tables" if path.endswith((".csv", ".parquet")) else ""
        raise PopulationError(f"{path}: unknown graph format; allowed: {', '.join(_READERS)}{tables}")
    refuse_missing(path, "population.path")
    try:
        graph: nx.Graph[Any] = reader(path)
    except Exception as error:  # networkx lets the errors of its XML parsers through, of many types
        raise PopulationError(f"{path}: cannot be read as a graph: {' '.join(str(error).split())}") from None
    return graph


def to_networkx(economy: Columns) -> nx.DiGraph[Any]:
    """Return a DiGraph with rows as nodes, monthly sales as edge `weight`, and the firm columns as node attributes."""
    facts = {name: getattr(economy, name).tolist() for name in ("essential", *_SHARES)}
    names = {"sectors": economy.sectors, "regions": economy.regions, "starts": economy.starts}
    graph: nx.DiGraph[Any] = nx.DiGraph()
    graph.graph[_ATTRIBUTE] = json.dumps({**names, **facts})
    values = {f.name: getattr(economy, f.name).tolist() for f in columns() if f.metadata["axes"] == "N"}
    for name, labels in (("sector", economy.sectors), ("region", economy.regions), ("ownership", OWNERSHIPS)):
        values[name] = [labels[code] for code in values[name]]
    for row in range(economy.firms):
        graph.add_node(row, **{name: column[row] for name, column in values.items()})
    weight = economy.coefficient * economy.size.astype(np.float64)[economy.buyer]
    ends, contract = (economy.supplier.tolist(), economy.buyer.tolist()), economy.contract.tolist()
    for supplier, buyer, sales, contracted in zip(*ends, weight.tolist(), contract, strict=True):
        graph.add_edge(supplier, buyer, weight=sales, **({"contract": True} if contracted else {}))
    return graph


def arrays_of(
    graph: nx.Graph[Any],
    *,
    final_demand_share: float = 0.0,
    max_input_share: float = 0.9,
    essential: ArrayLike = 1,
    sector: str = "all",
    region: str = "all",
    ownership: str = "private",
) -> dict[str, Any]:
    """Return the fields of the economy of a graph whose edges go from supplier to buyer, in equilibrium.

    Nodes become rows in the graph's order. Edges without `weight` count 1; parallel edges add up; an undirected edge
    is a link each way. A node without `size` gets the size at which it sells what its edges say, plus a share to final
    demand; where its inputs would cost more than `max_input_share` of that, and in a pure sink, final demand makes up
    the difference. Edge weights are thus never changed, except for the unit: all money is divided by the mean size.

    An edge with a true `contract` is one over which the supplier works as the buyer's contractor.

    Parameters
    ----------
    graph
        Node attributes used where present: `sector`, `region`, `ownership`, `size`, `final_demand`, `imports` (per unit
        of output), `group` (node of the parent), `person` (a node, or any label that firms share), `overseas` (true or
        false).
    final_demand_share
        Share of size sold to others than firms, in [0, 1).
    max_input_share
        Most that inputs may cost per unit of output. Up to 1, sales are raised to meet it, by final demand. A large
        number leaves sizes at what the edges say: firms may then buy for more than they sell, and a firm that sells to
        no firm gets next to no size (its inputs divided by the number, or the mean size). Such an economy runs with
        ``finance.kind: none`` only.
    essential
        Code for all sector pairs, or codes by [supplier sector, buyer sector] in the order of their names; unless the
        graph comes from `to_networkx`.
    sector, region, ownership
        What a node is that does not say.
    """
    if not 0 <= final_demand_share < 1 or not 0 < max_input_share <= 1e9:
        raise PopulationError("from_networkx: final_demand_share must be in [0, 1) and max_input_share in (0, 1e9]")
    nodes: dict[Hashable, int] = {node: row for row, node in enumerate(graph)}
    if not nodes:
        raise PopulationError("graph: no firms; at least 1 is needed")
    facts = _facts(graph)
    own: dict[str, Any] = {"ownership": _coded(graph, "ownership", ownership, OWNERSHIPS)[1]}
    sectors, own["sector"] = _coded(graph, "sector", sector, facts.get("sectors"))
    regions, own["region"] = _coded(graph, "region", region, facts.get("regions"))
    own["group"], own["person"] = _referred(graph, "group", nodes), _referred(graph, "person", nodes)
    _refuse_nested(own["group"], [*nodes])
    own["overseas"] = _flags(graph, "overseas")
    imports = np.nan_to_num(_numbers(graph, "imports"))
    supplier, buyer, weight, contract = _edges(graph, nodes)
    size = _sizes(graph, supplier, buyer, weight, imports, final_demand_share, max_input_share)
    sold = np.bincount(supplier, weight, len(nodes))
    unit = size.mean()
    own.update(size=size / unit, final_demand=np.maximum(size - sold, 0) / unit, imports=imports)
    links = sorted_links(own["sector"], buyer, supplier, weight / size[buyer], contract)
    whole = {**own, **links, **_sector_arrays(facts, len(sectors), essential)}
    typed = {f.name: np.asarray(whole[f.name], f.metadata["dtype"]) for f in columns()}
    starts = tuple(facts.get("starts", (0,)))
    return {"sectors": sectors, "regions": regions, "starts": starts, **typed}


def _facts(graph: nx.Graph[Any]) -> dict[str, Any]:
    text = graph.graph.get(_ATTRIBUTE)
    try:
        facts = {} if text is None else json.loads(text)
    except (TypeError, ValueError):
        facts = None
    if not isinstance(facts, dict):
        raise PopulationError(f"graph: its attribute '{_ATTRIBUTE}' must be the JSON text that to_networkx writes")
    return facts


def _sector_arrays(facts: Mapping[str, Any], sectors: int, essential: ArrayLike) -> dict[str, Any]:
    """Return essentiality and shares: from the graph if it has them, else one code and zero shares."""
    shares = {name: facts.get(name, np.zeros(sectors)) for name in _SHARES}
    codes = np.asarray(facts.get("essential", essential))
    if codes.shape not in ((), (sectors, sectors)):
        raise PopulationError(
            f"graph: essential has the shape {codes.shape}; one code or {(sectors, sectors)} is needed"
        )
    return {"essential": np.broadcast_to(codes, (sectors, sectors)).copy(), **shares}


def _coded(graph: nx.Graph[Any], name: str, default: str, known: Any) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
    """Return the names of a node attribute (`known`, or those found, sorted) and each node's position in them."""
    found = [str(value) for _, value in graph.nodes(data=name, default=default)]
    names = tuple(known) if known else tuple(sorted(set(found), key=lambda text: (len(text), text)))
    position = {text: code for code, text in enumerate(names)}
    for node, value in zip(graph, found, strict=True):
        if value not in position:
            allowed = ", ".join(names) + nearest(value, names)
            raise PopulationError(f"graph node {node!r}: {name} '{value}' is unknown; allowed: {allowed}")
    if len(names) > 256:
        raise PopulationError(f"graph: {len(names)} different values of {name}; at most 256 are allowed")
    return names, np.array([position[value] for value in found], np.uint8)


def _referred(graph: nx.Graph[Any], name: str, nodes: Nodes) -> NDArray[np.int32]:
    """Return the row that a node attribute points to: a node, the first node with the same label, or itself."""
    rows: dict[Hashable, int] = {str(node): row for node, row in nodes.items()}  # files turn node ids into text
    rows.update(nodes)
    first: dict[str, int] = {}
    found = np.arange(len(nodes), dtype=np.int32)
    for row, (_, label) in enumerate(graph.nodes(data=name)):
        if label is not None:
            found[row] = rows.get(label, rows.get(str(label), first.setdefault(str(label), row)))
    return found


def _refuse_nested(group: NDArray[np.int32], nodes: list[Hashable]) -> None:
    nested = group[group] != group
    if nested.any():
        row = int(np.argmax(nested))
        parent = nodes[int(group[row])]
        raise PopulationError(
            f"graph node {nodes[row]!r}: its parent {parent!r} has a parent itself; groups have one level"
        )


def _numbers(graph: nx.Graph[Any], name: str) -> Reals:
    """Return a numeric node attribute, shape (N,), NaN where a node does not say."""
    values = np.full(len(graph), np.nan)
    for row, (node, value) in enumerate(graph.nodes(data=name)):
        if value is None:
            continue
        if isinstance(value, str) or not np.isfinite(value) or value < 0:
            raise PopulationError(f"graph node {node!r}: {name} is {value!r}; must be a finite number >= 0")
        values[row] = value
    return values


def _flags(graph: nx.Graph[Any], name: str) -> NDArray[np.bool_]:
    """Return a yes-or-no node attribute, shape (N,), no where a node does not say."""
    values = np.zeros(len(graph), np.bool_)
    for row, (node, value) in enumerate(graph.nodes(data=name, default=False)):
        if value not in (True, False):  # 1 and 0 included
            raise PopulationError(f"graph node {node!r}: {name} is {value!r}; must be true or false")
        values[row] = value
    return values


def _edges(graph: nx.Graph[Any], nodes: Nodes) -> tuple[NDArray[np.int32], NDArray[np.int32], Reals, NDArray[np.bool_]]:
    """Return supplier, buyer, monthly sales, and whether it is a contract, of each link."""
    sales: dict[tuple[int, int], float] = {}
    contracts: dict[tuple[int, int], bool] = {}
    edges: Any = graph.to_directed(as_view=True).edges(data=True)  # attributes may be anything
    for source, target, told in edges:
        weight, contract = told.get("weight", 1.0), told.get("contract", False)
        if source == target:
            raise PopulationError(f"graph node {source!r}: supplies itself; self-loops are refused")
        if isinstance(weight, str) or not np.isfinite(weight) or weight <= 0:
            raise PopulationError(f"graph edge {source!r} -> {target!r}: weight is {weight!r}; must be above 0")
        pair = nodes[source], nodes[target]
        if contract not in (False, True):
            raise PopulationError(
                f"graph edge {source!r} -> {target!r}: contract is {contract!r}; must be true or false"
            )
        sales[pair] = sales.get(pair, 0.0) + float(weight)
        contracts[pair] = contracts.get(pair, False) or bool(contract)
    ends = np.array([*sales], np.int32).reshape(-1, 2)
    contracted = np.array([*contracts.values()], np.bool_)
    return ends[:, 0], ends[:, 1], np.array([*sales.values()], np.float64), contracted


def _sizes(
    graph: nx.Graph[Any],
    supplier: NDArray[np.int32],
    buyer: NDArray[np.int32],
    weight: Reals,
    imports: Reals,
    final_demand_share: float,
    max_input_share: float,
) -> Reals:
    """Return each node's size: as stated, or what its sales, final demand and inputs ask for."""
    sold, bought = (np.bincount(ends, weight, len(graph)).astype(float) for ends in (supplier, buyer))
    stated, demand = _numbers(graph, "size"), _numbers(graph, "final_demand")
    if (imports >= max_input_share).any():
        node = [*graph][int(np.argmax(imports >= max_input_share))]
        raise PopulationError(f"graph node {node!r}: imports must be below max_input_share, {max_input_share}")
    size = sizes(stated, demand, sold, bought, imports, np.full(len(graph), final_demand_share), max_input_share)
    bad = (sold > size * (1 + 1e-6)) | (size == 0)
    if bad.any():
        row = int(np.argmax(bad))
        node = [*graph][row]
        raise PopulationError(
            f"graph node {node!r}: sells {sold[row]:.6g} at size {size[row]:.6g}; size must be above 0 and cover sales"
        )
    return size
