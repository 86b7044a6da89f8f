"""What users do with sets of agents: Mesa's operations, on arrays."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from creditregime.agents.attributes import Attribute, Coded, View
from creditregime.agents.members import Members
from creditregime.component import nearest
from creditregime.randomness import generator

try:
    from mesa.agentset import GroupBy
except ImportError:  # before mesa 3.5
    from mesa.agent import GroupBy

Array = NDArray[Any]
_COMPARISON = re.compile(r"\s*([\w.]+)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?")
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_FAST: dict[Any, Callable[[Array], Any]] = {  # Python's own would visit every number
    sum: lambda values: values.sum(dtype=np.float64 if values.dtype.kind == "f" else None).item(),
    min: lambda values: values.min().item(),
    max: lambda values: values.max().item(),
}


class RowSet(Members):
    """Agents of one kind (or of all), in an order: Mesa's AgentSet over an array of rows.

    Notes
    -----
    `get` and `agg` give arrays for attributes that are columns; for those with a value a topic (file, list, lever)
    one row an agent, and ``"effort.labour"`` names one of them. A set is a snapshot: firms that enter later are not
    in it. Members cannot be added or removed, since who exists is decided by the scenario's rules.
    """

    def select(
        self,
        filter_func: Callable[[Any], bool] | str | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: Any = None,
        *,
        mask: Any = None,
    ) -> Self:
        """Return the members that meet all conditions, in their order.

        Parameters
        ----------
        filter_func
            A function of an agent, or (hundreds of times faster) a comparison such as ``"equity < 0"``,
            ``"sector == mining"``, ``"grade <= C"`` (by rank), ``"effort.labour >= 0.5"`` or ``"listed"``.
        at_most
            The first so many of them; a float up to 1.0 is a share of this set.
        inplace
            Change this set instead.
        agent_type
            Class of the agents.
        mask
            One truth value a member.
        """
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(self) * at_most)
        chosen = self if agent_type is None else self._of_type(agent_type)
        if mask is not None:
            kept = self._with(self.places[np.asarray(mask, np.bool_)])
            chosen = kept if chosen is self else chosen & kept
        if isinstance(filter_func, str):
            chosen = chosen._with(chosen.places[chosen._compare(filter_func)])
        elif filter_func is not None:
            chosen = chosen._filtered(filter_func, at_most)
        if at_most < len(chosen):
            chosen = chosen._with(chosen.places[: int(at_most)])
        if inplace:
            self.kind, self.places = chosen.kind, chosen.places
            return self
        return chosen.copy()

    def shuffle(self, inplace: bool = False) -> Self:
        """Return the members in random order, from a stream of the model's seed and month.

        The order does not depend on Mesa's version and draws on no generator that Mesa shares.
        """
        world = self.model.world
        seed = world.draws.spans[0][2]
        order = generator(seed, "shuffle", self.model.next_shuffle()).permutation(self.places)
        return self._become(order, inplace)

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> Self:
        """Return the members sorted by an attribute or a function, largest first; equals keep their order.

        Names sort in the model's order: grades from the lowest.
        """
        if not isinstance(key, str):
            keys = [key(agent) for agent in self]
            order = np.array(sorted(range(len(self)), key=keys.__getitem__, reverse=not ascending), np.int64)
            return self._become(self.places[order], inplace)
        values, _ = self._sortable(key)
        if ascending:
            return self._become(self.places[np.argsort(values, kind="stable")], inplace)
        backwards = np.argsort(values[::-1], kind="stable")[::-1]
        return self._become(self.places[len(self) - 1 - backwards], inplace)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method (by name) or a function with each member; return this set."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Do so in random order."""
        self.shuffle().map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method (by name) or a function with each member; return what they return."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> Any:
        """Return an attribute of every member: an array where it is a column of the world, else a list.

        Parameters
        ----------
        attr_names
            One name, or several, which give a list of lists.
        handle_missing
            ``"error"``, or ``"default"`` to put `default_value` where an agent has no such attribute.
        default_value
            See there.
        """
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, should be one of 'error' or 'default'")
        if not isinstance(attr_names, str):
            each = [self.get(name, handle_missing, default_value) for name in attr_names]
            lists = [values.tolist() if isinstance(values, np.ndarray) else values for values in each]
            return [list(values) for values in zip(*lists, strict=True)] if lists else [[] for _ in self.places]
        if not self.kind.table:
            return self._from_parts(attr_names, handle_missing, default_value)
        column = self._column(attr_names)
        if column is not None:
            return column
        if handle_missing == "default":
            return [getattr(agent, attr_names, default_value) for agent in self]
        return [getattr(agent, attr_names) for agent in self]

    def agg(self, attribute: str, func: Any) -> Any:
        """Return a function, or a list of several functions, of the members' values of an attribute."""
        values = self.get(attribute)
        if not callable(func):
            return [_apply(one, values) for one in func]
        return _apply(func, values)

    def set(self, attr_name: str, value: Any) -> Self:
        """Write an attribute of every member: one value, a mapping by topic, or an array with one value a member."""
        attribute = getattr(self.kind, attr_name, None)
        if isinstance(attribute, Attribute):
            attribute.write(self.model.world, self.rows, value)
            return self
        for agent in self:
            setattr(agent, attr_name, value)
        return self

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> RowGroups:
        """Return the members grouped by an attribute or a function; ``result_type="list"`` gives lists of agents."""
        codes, names = self._keys(by)
        _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        parts = np.split(self.places[order], np.cumsum(np.bincount(inverse))[:-1]) if len(self) else []
        groups = {}
        for number in np.argsort(first):  # in the order in which groups first occur, as in Mesa
            members = self._with(parts[number])
            groups[names(first[number])] = members if result_type == "agentset" else list(members)
        return RowGroups(groups)

    # How they do it

    def _become(self, places: Array, inplace: bool) -> Self:
        if not inplace:
            return self._with(places)
        self.places = places
        return self

    def _of_type(self, kind: Any) -> Self:
        if issubclass(self.kind, kind):
            return self
        if not issubclass(kind, View):
            return self._with(self.places[:0])
        return type(self)(self.model, kind, self.places[kind.holds(self.model, self.places)])

    def _filtered(self, accept: Callable[[Any], bool], at_most: float) -> Self:
        kept: list[int] = []
        for place, agent in zip(self.places.tolist(), self, strict=True):
            if len(kept) >= at_most:
                break
            if accept(agent):
                kept.append(place)
        return self._with(np.array(kept, np.int64))

    def _compare(self, text: str) -> NDArray[np.bool_]:
        parts = _COMPARISON.fullmatch(text)
        if parts is None:
            raise ValueError(f"select: '{text}' is not of the form 'attribute < value'")
        name, sign, value = parts.groups()
        values, names = self._sortable(name)
        if sign is None:
            return values.astype(np.bool_)
        limit = _literal(value)
        if names is not None:
            if limit not in names:
                raise ValueError(f"select: {name} is never '{limit}'{nearest(str(limit), names)}")
            limit = names.index(limit)
        result: NDArray[np.bool_] = _OPERATORS[sign](values, limit)
        return result

    def _sortable(self, name: str) -> tuple[Array, list[str] | None]:
        """Return an attribute as numbers that can be compared, and the names that they stand for, if any."""
        attribute = getattr(self.kind, name, None)
        if not isinstance(attribute, Coded):
            return self._flat(name), None
        world = self.model.world
        return np.asarray(attribute.codes(world, self.rows)), list(attribute.names(world))

    def _column(self, name: str) -> Array | None:
        """Return an attribute that is a column (or one entry of one, ``effort.labour``), or None."""
        base, _, entry = name.partition(".")
        attribute = getattr(self.kind, base, None)
        if not isinstance(attribute, Attribute):
            return None
        world = self.model.world
        values = attribute.many(world, self.rows)
        if not entry:
            return values
        names = list(attribute.labels(world) or ())
        if entry not in names:
            raise AttributeError(f"{base} has no entry '{entry}'; allowed: {', '.join(names) or 'none'}")
        column: Array = values[:, names.index(entry)]
        return column

    def _flat(self, name: str) -> Array:
        values = np.asarray(self.get(name))
        if values.ndim != 1:
            raise ValueError(f"{name} has several values an agent: name one of them, as in 'effort.labour'")
        return values

    def _from_parts(self, name: str, handle_missing: str, default_value: Any) -> list[Any]:
        """Return an attribute of a mixed set: family by family, each as fast as it can."""
        result = np.full(len(self), default_value, object)
        for kind in View.families.values():
            at = np.flatnonzero(kind.holds(self.model, self.places)) if len(self) else self.places
            known = handle_missing == "error" or hasattr(kind, name.partition(".")[0])
            if len(at) and known:
                values = type(self)(self.model, kind, self.places[at]).get(name)
                result[at] = list(values) if getattr(values, "ndim", 1) > 1 else values
        return list(result)

    def _keys(self, by: Callable[[Any], Any] | str) -> tuple[Array, Callable[[int], Any]]:
        """Return a number a member that tells its group, and how to name the group of the member at a position."""
        attribute = getattr(self.kind, by, None) if isinstance(by, str) else None
        if isinstance(attribute, Coded):
            world = self.model.world
            codes, names = np.asarray(attribute.codes(world, self.rows)), attribute.names(world)
            return codes, lambda position: names[int(codes[position])]
        if isinstance(attribute, Attribute):
            values = self._flat(str(by))
            return values, lambda position: values[position].item()
        keys = self.map(by) if callable(by) else list(self.get(by))
        numbers: dict[Any, int] = {}
        codes = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
        return codes, lambda position: keys[position]


class RowGroups(GroupBy):
    """What `groupby` returns: Mesa's groups, aggregated by arrays."""

    def agg(self, attr_name: str, func: Any) -> dict[Any, Any]:
        """Return a function, or a list of several, of each group's values of an attribute."""
        return {
            name: group.agg(attr_name, func)
            if isinstance(group, RowSet)
            else func([getattr(a, attr_name) for a in group])
            for name, group in self.groups.items()
        }


def _apply(func: Callable[[Any], Any], values: Any) -> Any:
    fast = _FAST.get(func)
    return fast(values) if fast and isinstance(values, np.ndarray) and values.ndim == 1 else func(values)


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text  # a name needs no quotes
