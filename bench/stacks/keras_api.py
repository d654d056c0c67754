"""The Keras that networks are made of: Keras 3, or Keras 2 (`tf_keras`) where TF_USE_LEGACY_KERAS asks for it."""
import os

LEGACY = os.environ.get("TF_USE_LEGACY_KERAS") == "1"
if LEGACY:
    import tf_keras as keras
else:
    import keras

__all__ = ["LEGACY", "keras"]
