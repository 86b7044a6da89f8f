"""Arrays and texts as short blocks of letters that a page can carry, the same letters for the same content.

A block is base64 of gzip of: the length of a heading (four bytes, little-endian), the heading (JSON: name, type, shape
and whether it is differenced, of each array), and the arrays one after the other, each beginning at a multiple of
eight. ``templates/replay/blocks.js`` reads it.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

TYPES = ("uint8", "uint16", "int16", "int32", "float64")
"""What a page can read."""


def text_block(value: Any) -> str:
    """Return plain data as a block: JSON, with NaN as null."""
    return _letters(json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode())


def array_block(arrays: Mapping[str, NDArray[Any]], slow: tuple[str, ...] = ()) -> str:
    """Return arrays as a block.

    Parameters
    ----------
    arrays
        By name, each of one of `TYPES`.
    slow
        Names of those that seldom change along their last axis: their steps are kept instead, which gzip makes small.
        Only whole numbers: their steps wrap around, and add up to the same numbers again.
    """
    heading, body = [], bytearray()
    for name, array in arrays.items():
        kind = array.dtype.name
        assert kind in TYPES, f"{name}: {kind}"
        heading.append({"name": name, "type": kind, "shape": array.shape, "steps": name in slow})
        kept = steps(array) if name in slow else array
        body += np.ascontiguousarray(kept, array.dtype.newbyteorder("<")).tobytes()
        body += bytes(-len(body) % 8)
    text = json.dumps(heading, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 4) % 8)
    return _letters(len(text).to_bytes(4, "little") + text + bytes(body))


def steps(array: NDArray[Any]) -> NDArray[Any]:
    """Return the first value and the differences along the last axis, in the same type, wrapped around."""
    return np.diff(array, axis=-1, prepend=array.dtype.type(0))


def _letters(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, mtime=0)).decode("ascii")


def _plain(value: Any) -> Any:
    """Return data as JSON has it: no NaN, no tuples with names."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
