"""Networks of what folded and unfolded files hold, a function of a `Chain` for each."""


def strided_with_pads_of_both_kinds(net):
    net.conv(8, (3, 3), pads=[1, 1, 1, 1], strides=[2, 2])
    net.norm()
    net.add("Relu")
    net.conv(6, (3, 5), bias=False, pads=[0, 2, 1, 2], strides=[1, 2])


def same_of_even_sizes(net):
    net.conv(8, (3, 3), auto_pad="SAME_UPPER", strides=[2, 2])
    net.conv(8, (2, 2), auto_pad="SAME_LOWER")


def dilated(net):
    net.conv(5, (3, 3), pads=[2, 3, 2, 3], dilations=[2, 3])


def grouped(net):
    net.conv(12, (1, 1))
    net.conv(6, (3, 3), group=3, pads=[1, 1, 1, 1])
    net.norm()


def depthwise_with_two_filters_per_channel(net):
    net.conv(12, (3, 3), group=6, pads=[1, 1, 1, 1], strides=[2, 2])
    net.add("Clip", net.constant(0.0), net.constant(6.0))


def max_pool_of_negative_numbers(net):
    net.conv(8, (1, 1))
    net.add("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])


def max_pool_to_the_last_row(net):
    net.add("Relu")
    net.add("MaxPool", kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1)
    net.add("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)


def average_pool_that_counts_its_padding(net):
    net.add("AveragePool", kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1], count_include_pad=1)


def average_pool_that_does_not(net):
    net.add("AveragePool", kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
    net.add("AveragePool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 1, 1, 1])


def average_pool_padded_on_two_sides(net):
    net.add("AveragePool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 1, 0, 0])


def flattened_before_dense(net):
    net.conv(4, (3, 3), strides=[2, 2])
    net.norm()
    net.add("Flatten")
    net.add("Identity")
    net.dense(4 * 5 * 6, 7)
    net.add("Relu")
    net.dense(7, 3)
    net.add("Softmax", axis=1)


def flattened_and_looked_at(net):
    net.add("Flatten")
    net.add("Mul", net.constant(net.drawn(6 * 12 * 13)))


def pooled_before_dense(net):
    net.add("GlobalAveragePool")
    net.add("Flatten")
    net.dense(6, 4)


def gated_by_its_mean(net):
    picture = net.last
    net.add("GlobalAveragePool")
    net.conv(3, (1, 1))
    net.add("Mul", net.add("Sigmoid"), of=net.nodes[-2].output[0])
    net.conv(6, (1, 1))
    net.add("HardSigmoid", alpha=1 / 6)
    net.add("Mul", picture)
    net.add("HardSwish")


def clamped_by_channel(net):
    net.conv(8, (3, 3), pads=[1, 1, 1, 1])
    net.add("Max", net.by_channel())
    net.add("Min", net.by_channel())
    net.add("Sub", net.by_channel())
    net.add("Mul", net.by_channel())
    net.add("Div", net.constant(2.5))
    net.add("Clip", net.constant(-0.5), net.constant(1.5))


def constant_less_the_picture(net):
    net.nodes.append(_node("Sub", [net.by_channel(), net.last], "turned"))
    net.last = "turned"


def joined_and_parted(net):
    first = net.conv(6, (1, 1))
    second = net.conv(6, (1, 1))
    net.add("Add", first, of=second)
    net.add("Concat", first, of=net.last, axis=1)
    net.nodes.append(_node("Split", [net.last, net.constant([5, 7], "int64")], "left", "right", axis=1))
    net.add("Slice", *(net.constant(values, "int64") for values in ([1, 2], [2**62, 9], [2, 3], [1, 3])), of="right")
    net.add("Pad", net.constant([0, 0, 1, 0, 0, 0, 0, 2], "int64"), net.constant(1.5))


def shuffled(net):
    net.add("Reshape", net.constant([0, 2, 3, 12, 13], "int64"))
    net.add("Transpose", perm=[0, 2, 1, 3, 4])
    net.add("Reshape", net.constant([0, 6, 12, 13], "int64"))
    net.conv(4, (3, 3))


def enlarged(net):
    net.add("Resize", "", net.constant([1, 1, 2, 3]), mode="nearest", coordinate_transformation_mode="asymmetric",
            nearest_mode="floor")
    net.add("Resize", "", net.constant([1, 1, 2, 2]), mode="linear")
    net.add("Softmax", axis=1)


def enlarged_to_a_size_that_is_computed(net):
    net.add("Shape", of="image")
    net.add("Slice", *(net.constant([value], "int64") for value in (2, 4)))
    sides = net.last
    net.add("Concat", sides, of=net.constant([2, 6], "int64"), axis=0)
    whole = net.last
    net.conv(6, (3, 3), strides=[2, 2], of="image")
    net.add("Resize", "", "", whole, mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    net.add("GlobalAveragePool")
    net.add("Resize", "", "", sides, nearest_mode="floor", axes=[2, 3])


def with_slopes(net):
    net.add("LeakyRelu", alpha=0.2)
    net.add("PRelu", net.by_channel())


def _node(kind, inputs, *outputs, **attributes):
    from onnx import helper

    return helper.make_node(kind, inputs, list(outputs), **attributes)


ALL = [case for name, case in list(globals().items()) if callable(case) and not name.startswith("_")]
