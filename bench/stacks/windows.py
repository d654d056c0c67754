"""Where the windows of convolutions and pooling stand: ONNX's paddings, and which of them Keras has a word for."""
import dataclasses

import onnx


@dataclasses.dataclass
class Windows:
    """By dimension, height first. `pads`: (before, after)."""
    kernel: tuple
    strides: tuple
    dilations: tuple
    pads: tuple
    sizes: tuple

    @property
    def padding(self):
        """Keras's word for the pads: "valid", "same", or None where a layer of its own has to pad."""
        if not any(map(any, self.pads)):
            return "valid"
        return "same" if all(map(same, zip(self.sizes, self.kernel, self.strides, self.dilations), self.pads)) else None


def attributes(node):
    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}


def missing(size, kernel, stride, dilation):
    """How much padding lets a dimension of `size` have ceil(size / stride) windows."""
    return max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)


def same(dimension, pads):
    """Whether "same" of TensorFlow, which puts the odd one behind, pads like this."""
    total = missing(*dimension)
    return tuple(pads) == (total // 2, total - total // 2)


def windows(node, sizes, kernel=None):
    """Of a node on a picture of `sizes` (height, width)."""
    given = attributes(node)
    kernel = tuple(kernel or given["kernel_shape"])
    strides = tuple(given.get("strides", (1, 1)))
    dilations = tuple(given.get("dilations", (1, 1)))
    automatic = given.get("auto_pad", b"NOTSET")
    pads = []
    for axis, dimension in enumerate(zip(sizes, kernel, strides, dilations)):
        if automatic in (b"SAME_UPPER", b"SAME_LOWER"):
            total = missing(*dimension)
            less, more = total // 2, total - total // 2
            pads.append((less, more) if automatic == b"SAME_UPPER" else (more, less))
        elif automatic == b"VALID":
            pads.append((0, 0))
        else:
            before, after = given.get("pads", (0, 0, 0, 0))[axis::2]
            if given.get("ceil_mode", 0):
                after += missing_to_the_last(dimension, before + after, before)
            pads.append((before, after))
    return Windows(kernel, strides, dilations, tuple(pads), tuple(sizes))


def missing_to_the_last(dimension, padded, before):
    """With ceil_mode, what a last window reaches over; one that would start in the padding behind does not count."""
    size, kernel, stride, dilation = dimension
    room = size + padded - (kernel - 1) * dilation - 1
    count = -(-room // stride) + 1
    if (count - 1) * stride >= size + before:
        count -= 1
    return max((count - 1) * stride - room, 0)
