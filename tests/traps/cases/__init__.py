"""All traps."""

from tests.traps.cases import (
    decimals,
    floats,
    integers,
    json_values,
    keys,
    moments,
    rows,
    structures,
    text_keys,
    texts,
)
from tests.traps.model import Case

MODULES = (decimals, floats, integers, json_values, keys, moments, rows, structures, text_keys, texts)
CASES: list[Case] = sorted((case for module in MODULES for case in module.CASES), key=lambda case: case.table)
