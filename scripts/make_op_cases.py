#!/usr/bin/env python3
"""Writes tests/data/op_cases.{json,safetensors}: one-node networks with what they must compute.

Expected values come from PyTorch in float64 (or NumPy where PyTorch lacks the variant). Inputs and parameters
are float32 values, so that every device starts from the same numbers. Usage: make_op_cases.py [DIRECTORY]
The cases are in op_cases/, a file per family; importing a family fills the table.
"""
import importlib
import pathlib
import sys

from op_cases import table

FAMILIES = ["linear", "norms", "elementwise", "pooling", "resizing", "movement", "detection", "values", "recurrent", "sampling",
            "quantised"]

for family in FAMILIES:
    importlib.import_module(f"op_cases.{family}")
table.write(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "tests" / "data")
