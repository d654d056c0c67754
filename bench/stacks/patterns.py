"""What is several nodes in a file and one layer in a framework."""
import collections


def readers(graph):
    """The nodes that read a tensor, by its name; an output of the graph counts as read by None."""
    found = collections.defaultdict(list)
    for node in graph.node:
        for name in node.input:
            found[name].append(node)
    for value in graph.output:
        found[value.name].append(None)
    return found


def swishes(graph):
    """x * sigmoid(x): the names of the sigmoids that nothing else reads, and x by the name of the product."""
    read_by = readers(graph)
    sigmoids = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Sigmoid"}
    gone, products = set(), {}
    for node in graph.node:
        if node.op_type != "Mul" or len(node.input) != 2:
            continue
        for gate, picture in (tuple(node.input), tuple(reversed(node.input))):
            if sigmoids.get(gate) == picture and len(read_by[gate]) == 1:
                gone.add(gate)
                products[node.output[0]] = picture
    return gone, products
