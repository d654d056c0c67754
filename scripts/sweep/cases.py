"""Models of one operator each, drawn over versions, attributes, element types and odd sizes."""
import importlib
import pathlib

import onnx
from onnx import defs, helper

from draw import DRAWS, Draw, NEWEST, OLDEST

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
for _file in pathlib.Path(__file__).parent.glob("draws_*.py"):
    importlib.import_module(_file.stem)


def scope():
    """The operators that docs/onnx-operators.md names."""
    names = set()
    for line in (ROOT / "docs/onnx-operators.md").read_text().splitlines():
        if line.startswith("| ") and not line.startswith("| family"):
            names |= set(line.split("|")[2].replace(",", " ").split())
    return sorted(names)


def spans(op):
    """For each definition of an operator that is read: its first opset, its last, and its schema."""
    firsts = sorted({each.since_version for each in defs.get_all_schemas_with_history() if each.name == op and not each.domain})
    result = []
    for first, after in zip(firsts, [*firsts[1:], NEWEST + 1]):
        first_read, last = max(first, OLDEST), min(after - 1, NEWEST)
        schema = defs.get_schema(op, first)
        if first_read <= last and not schema.deprecated:
            result.append((first_read, last, schema))
    return result


class Case:
    """A model of one node with its inputs."""

    def __init__(self, draw):
        self.op, self.opset, self.version, self.schema = draw.op, draw.opset, draw.version, draw.schema
        self.attributes, self.anything, self.runtime = dict(draw.attributes), draw.anything, draw.runtime
        self.inputs = list(draw.inputs)
        names = ["" if each is None else f"x{i}" for i, each in enumerate(self.inputs)]
        outputs = [f"y{i}" for i in range(draw.outputs)]
        node = helper.make_node(self.op, names, outputs, **self.attributes)
        given = [(name, *each) for name, each in zip(names, self.inputs) if each is not None]
        graph = helper.make_graph(
            [node], "case",
            [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
             for name, x, known in given if not known],
            [onnx.ValueInfoProto(name=name) for name in outputs],
            [onnx.numpy_helper.from_array(x, name) for name, x, known in given if known])
        self.model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)

    def live(self):
        return {f"x{i}": each[0] for i, each in enumerate(self.inputs) if each is not None and not each[1]}

    def arrays(self):
        return [None if each is None else each[0] for each in self.inputs]

    def __str__(self):
        given = ", ".join("-" if each is None else f"{'known ' if each[1] else ''}{each[0].dtype}{list(each[0].shape)}"
                          + (f"={each[0].tolist()}" if each[0].size <= 8 and each[1] else "") for each in self.inputs)
        return f"{self.op} at {self.opset} {self.attributes} of {given}"


# What they do is what their graphs hold: other operators.
WITH_GRAPHS = {"If", "Loop", "Scan"}


def cases(only, draws, seed):
    """For each operator and definition `draws` models, more of those with many attributes."""
    for op in only or sorted(set(scope()) - WITH_GRAPHS):
        for first, last, schema in spans(op):
            draw = Draw(op, first, last, schema, seed)
            weight = 1 + len(schema.attributes) // 3 + (len(draw.types("T")) > 6 if "T" in variables(schema) else 0)
            for _ in range(draws * weight):
                draw.begin()
                if DRAWS[op](draw) is not False:
                    yield Case(draw)


def variables(schema):
    return {each.type_param_str for each in schema.type_constraints}
