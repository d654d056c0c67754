"""The paper's own package, tensorflow-batchnorm-folding, on the Keras 2 network of the unfolded file.

`naive` is what it calls "simple", `banoff` its "ban-off". It is written for Keras 2, so TF_USE_LEGACY_KERAS is set in
this process (`serve.py`) and the networks are made of `tf_keras`, whose batch norm is one fused operator.
"""
import contextlib
import io

import keras_net
from engine import Engine, Way
from failed import Failed
from keras_engine import graph_of, outputs_of, set_threads, to_keras

MECHANISMS = {"naive": "simple", "banoff": "ban-off"}


def folder():
    try:
        from batch_normalization_folding.folder import fold_batchnormalization_layers
    except SystemExit:  # what it does where a package that it needs is missing
        raise Failed("the paper's package misses something: bench/stacks/install.py installs what it needs") from None
    return fold_batchnormalization_layers


class Package:
    """Keeps the unfolded network, which the others are made of."""

    def load(self, network, inputs, threads):
        set_threads(threads)
        self.fold = folder()
        self.model, pictures = keras_net.build(network)
        self.given = keras_net.one_or_all([to_keras(array) for array in inputs])
        self.outputs = outputs_of(pictures)
        return self.ways(self.model)

    def ways(self, model):
        return {"graph": Way(graph_of(model, self.given), self.outputs)}

    def derive(self, method):
        """Ways, and (norms it says it folded, norms it says it left)."""
        if method not in MECHANISMS:
            raise Failed(f"the package has no method {method}: naive and banoff")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            folded, told = self.fold(self.model, folding_mechanism=MECHANISMS[method])
        counts = told.split("/")
        if len(counts) != 2:
            raise Failed(f"the package answers {told!r}: {said.getvalue().strip()[:200]}")
        return self.ways(folded), [int(count) for count in counts]


def engine(stack):
    package = Package()
    return Engine(("tensorflow-batchnorm-folding", "tf_keras", "tensorflow"), package.load, package.derive)
