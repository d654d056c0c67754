"""Keras on TensorFlow: the model called, `predict`, and a graph made of it by `tf.function`."""
import numpy as np
import tensorflow as tf

import keras_net
from engine import Engine, Way


def set_threads(threads):
    """Of an operator; operators run one after the other. Only before TensorFlow has run anything."""
    if tf.config.threading.get_intra_op_parallelism_threads() != threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def to_keras(array):
    """A picture in NHWC."""
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)) if array.ndim == 4 else array


def outputs_of(pictures):
    def outputs(answer):
        arrays = [np.array(array) for array in (answer if isinstance(answer, (list, tuple)) else [answer])]
        return [array.transpose(0, 3, 1, 2) if picture else array for array, picture in zip(arrays, pictures)]

    return outputs


def graph_of(model, given):
    """A graph of the model for inputs of this size, and what calls it."""
    graph = tf.function(lambda given: model(given, training=False))
    graph(given)
    return lambda: graph(given)


def load(network, inputs, threads):
    set_threads(threads)
    model, pictures = keras_net.build(network)
    arrays = keras_net.one_or_all([to_keras(array) for array in inputs])
    given = tf.nest.map_structure(tf.constant, arrays)
    outputs = outputs_of(pictures)
    batch = inputs[0].shape[0]
    return {"graph": Way(graph_of(model, given), outputs),
            "eager": Way(lambda: model(given, training=False), outputs),
            "predict": Way(lambda: model.predict(arrays, batch_size=batch, verbose=0), outputs)}


def engine(stack):
    return Engine(("keras", "tensorflow"), load)
