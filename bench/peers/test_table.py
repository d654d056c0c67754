#!/usr/bin/env python3
"""Tests of the table's arithmetic: python3 -m unittest discover bench/peers."""
import unittest

import table


def measured(runtime, median, least, net="a", threads=1, variant=""):
    return {"net": net, "threads": threads, "runtime": runtime, "variant": variant, "median_ms": median,
            "min_ms": least}


class Summary(unittest.TestCase):
    def test_takes_the_median_of_the_rounds_and_the_least_of_all(self):
        found = table.summary([measured("ncnn", 4, 3), measured("ncnn", 9, 2), measured("ncnn", 5, 4)])
        self.assertEqual((found["median_ms"], found["min_ms"], found["rounds"]), (5, 2, 3))
        self.assertAlmostEqual(found["spread"], 1.0)

    def test_leaves_the_slower_variant_out(self):
        found = table.summary([measured("ncnn", 8, 1, variant="active"), measured("ncnn", 6, 5, variant="passive"),
                               measured("ncnn", 7, 6, variant="passive")])
        self.assertEqual((found["variant"], found["median_ms"], found["min_ms"]), ("passive", 6.5, 5))

    def test_keeps_nets_threads_and_runtimes_apart(self):
        found = table.summaries([measured("banoff", 1, 1), measured("mnn", 2, 2), measured("mnn", 3, 3, threads=2),
                                 measured("mnn", 4, 4, net="b")])
        self.assertEqual({key: sorted(row) for key, row in found.items()},
                         {(1, "a"): ["banoff", "mnn"], (2, "a"): ["mnn"], (1, "b"): ["mnn"]})


class Ratios(unittest.TestCase):
    def setUp(self):
        self.rows = table.summaries([
            measured("banoff", 6, 2), measured("mnn", 3, 4), measured("ncnn", 4, 1),
            measured("banoff", 8, 6, net="b"), measured("ncnn", 4, 4, net="b"),
            measured("mnn", 5, 5, net="c")])

    def test_best_peer_is_another_one_by_another_quantity(self):
        row = self.rows[1, "a"]
        self.assertEqual(table.best_peer(row, "median_ms"), "mnn")
        self.assertEqual(table.best_peer(row, "min_ms"), "ncnn")
        self.assertEqual(table.ratio(row, "mnn", "median_ms"), 2)
        self.assertEqual(table.ratio(row, "ncnn", "min_ms"), 2)

    def test_there_is_none_of_what_was_not_measured(self):
        self.assertIsNone(table.ratio(self.rows[1, "b"], "mnn", "min_ms"))
        self.assertIsNone(table.ratio(self.rows[1, "c"], "mnn", "min_ms"))
        self.assertIsNone(table.best_peer({"banoff": {}}, "min_ms"))
        self.assertIsNone(table.geometric_mean([None]))

    def test_means_are_over_the_nets_that_both_were_measured_on(self):
        found = table.means(self.rows.values(), ["mnn", "ncnn"])
        self.assertAlmostEqual(found["mnn"]["median_ms"], 2)
        self.assertAlmostEqual(found["ncnn"]["median_ms"], 3 ** 0.5)  # 1.5 and 2
        self.assertAlmostEqual(found["best"]["median_ms"], 2)  # 2 and 2
        self.assertAlmostEqual(found["best"]["min_ms"], 3 ** 0.5)  # 2 and 1.5


class Table(unittest.TestCase):
    TITLES = {"banoff": "banoff", "mnn": "MNN", "ncnn": "ncnn"}

    def lines(self, failures):
        rows = table.summaries([measured("banoff", 6, 2), measured("mnn", 3, 4), measured("mnn", 1, 1, threads=2)])
        return table.lines(rows, ["a"], 1, self.TITLES, failures)

    def test_every_line_has_a_cell_per_column(self):
        lines = self.lines([])
        self.assertEqual({line.count("|") for line in lines}, {8})
        self.assertIn("| a | 6.00 ±0 % (2.00) | 3.00 ±0 % (4.00) |  | MNN | 2.00 | 0.50 |", lines)

    def test_says_what_was_wrong_and_what_failed_at_this_number_of_threads(self):
        self.assertIn("| wrong | MNN |", self.lines([{"net": "a", "runtime": "ncnn", "threads": 1, "wrong": True}])[2])
        self.assertIn("| fails | MNN |", self.lines([{"net": "a", "runtime": "ncnn", "wrong": False}])[2])
        self.assertNotIn("wrong", self.lines([{"net": "a", "runtime": "ncnn", "threads": 2, "wrong": True}])[2])


if __name__ == "__main__":
    unittest.main()
