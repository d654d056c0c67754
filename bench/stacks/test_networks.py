#!/usr/bin/env python3
"""Keras and PyTorch compute what ONNX Runtime does: python -m unittest discover -s bench/stacks."""
import importlib.util
import json
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def has(*packages):
    return all(importlib.util.find_spec(package) for package in ("onnx", "onnxruntime", *packages))


class Networks(unittest.TestCase):
    def check(self, stack, modes, absent=()):
        import cases

        done = subprocess.run([sys.executable, HERE / "answer_cases.py", stack], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        told = json.loads(done.stdout)
        self.assertEqual(list(told), [case.__name__ for case in cases.ALL])
        for case, off in told.items():
            with self.subTest(case):
                if case in absent:
                    self.assertIn("error", off)
                    continue
                self.assertEqual(list(off), modes, off)
                for mode in modes:
                    self.assertIsNotNone(off[mode], "outputs of other sizes")
                    self.assertLess(off[mode], 1e-5)

    @unittest.skipUnless(has("tensorflow", "keras"), "without TensorFlow and Keras")
    def test_keras(self):
        self.check("keras", ["graph", "eager", "predict"])

    @unittest.skipUnless(has("torch", "onnx2torch"), "without PyTorch")
    def test_pytorch(self):
        # onnx2torch has no average pooling that is padded on two sides; no network here has any.
        self.check("pytorch", ["eager"], {"average_pool_padded_on_two_sides"})


if __name__ == "__main__":
    unittest.main()
