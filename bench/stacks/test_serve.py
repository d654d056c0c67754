#!/usr/bin/env python3
"""What serve.py says and answers, of small networks in ONNX Runtime: python -m unittest discover -s bench/stacks."""
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


@unittest.skipUnless(importlib.util.find_spec("onnx") and importlib.util.find_spec("onnxruntime"),
                     "without ONNX Runtime")
class Serve(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def net(self, name, seed=0, shape=(1, 3, 8, 8), out=4):
        from small_nets import Chain

        net = Chain(list(shape), seed)
        net.conv(out, (3, 3))
        net.norm()
        return net.save(self.folder / f"{name}.onnx")

    def serve(self, *arguments, lines="", stack="ort-off"):
        done = subprocess.run([sys.executable, HERE / "serve.py", stack, *map(str, arguments)], input=lines,
                              capture_output=True, text=True, timeout=300)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def test_tells_what_there_is_and_answers_runs(self):
        code, said, _ = self.serve("--threads", 1, "--batch", 2, f"none={self.net('a')}", f"naive={self.net('a')}",
                                   f"banoff={self.net('b', seed=1)}", lines="run none 3\nrun banoff 1\n")
        self.assertEqual((code, len(said)), (0, 3))
        header = said[0]
        self.assertEqual((header["stack"], header["failures"], list(header["versions"])),
                         ("ort-off", {}, ["onnxruntime"]))
        differences = header["modes"]["run"]
        self.assertEqual(differences["naive"], {"max_abs": 0, "mean_abs": 0, "max_relative": 0})
        self.assertGreater(differences["banoff"]["max_relative"], 0.01)
        for answer, runs in zip(said[1:], (3, 1)):
            self.assertEqual([len(answer["wall_ms"]), len(answer["cpu_ms"])], [runs, runs])
            self.assertGreater(min(answer["wall_ms"]), 0)

    def test_a_file_that_is_not_there_fails_alone(self):
        code, said, _ = self.serve("--threads", 1, "--batch", 1, f"none={self.net('a')}",
                                   f"naive={self.folder / 'missing.onnx'}", lines="run naive 1\n")
        self.assertEqual(code, 1)
        self.assertIn("cannot be read", said[0]["failures"]["naive"])
        self.assertIn("run naive is not there", said[1]["error"])

    def test_outputs_of_other_sizes_have_no_difference(self):
        _, said, _ = self.serve("--threads", 1, "--batch", 1, f"none={self.net('a')}", f"naive={self.net('b', out=5)}")
        self.assertIsNone(said[0]["modes"]["run"]["naive"])

    def test_errors_are_one_line_without_a_traceback(self):
        from small_nets import Chain

        pool = Chain([1, 3, "H", 8])
        pool.add("GlobalAveragePool")
        open_size = pool.save(self.folder / "open.onnx")
        net = self.net("a")
        for threads, file, expected in ((1, f"none={open_size}", "size H of input image is open"),
                                        (0, f"none={net}", "threads and batch"),
                                        (1, f"naive={net}", "the first file is none"),
                                        (1, "none=missing.onnx", "cannot be read")):
            with self.subTest(expected):
                code, said, noise = self.serve("--threads", threads, "--batch", 1, file)
                self.assertEqual((code, list(said[0])), (1, ["error"]))
                self.assertIn(expected, said[0]["error"])
                self.assertNotIn("Traceback", noise)

    def test_a_fixed_batch_is_not_changed(self):
        import onnx

        path = self.net("a")
        model = onnx.load(path)
        model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
        onnx.save(model, path)
        code, said, _ = self.serve("--threads", 1, "--batch", 2, f"none={path}")
        self.assertEqual(code, 1)
        self.assertIn("is for batch 1, not 2", said[0]["error"])

    def test_a_missing_package_names_what_installs_it(self):
        if importlib.util.find_spec("keras"):
            self.skipTest("with Keras")
        code, said, _ = self.serve("--threads", 1, "--batch", 1, f"none={self.net('a')}", stack="keras")
        self.assertEqual(code, 1)
        self.assertIn("bench/stacks/install.py", said[0]["error"])

    @unittest.skipUnless(importlib.util.find_spec("keras"), "without Keras")
    def test_an_operator_without_a_keras_layer(self):
        from small_nets import Chain

        net = Chain([1, 3, 8, 8])
        net.add("Erf")
        code, said, noise = self.serve("--threads", 1, "--batch", 1, f"none={net.save(self.folder / 'erf.onnx')}",
                                       stack="keras")
        self.assertEqual(code, 1)
        self.assertIn("operator Erf has no Keras layer here", said[0]["error"])
        self.assertNotIn("Traceback", noise)


if __name__ == "__main__":
    unittest.main()
