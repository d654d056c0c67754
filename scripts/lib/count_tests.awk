# Adds up the doctest cases in a ctest log (Testing/Temporary/LastTest.log): prints "PASSED FAILED SKIPPED".
# A program that says no totals (it crashed, or is no doctest program) counts as one case, as ctest judged it. A line
# starting with "SKIPPED:" is a case that passed only because it did not run.
/^[0-9]+\/[0-9]+ Testing: / { said_totals = 0; marked = 0 }
/^SKIPPED:/ { marked++ }
/^\[doctest\] test cases:/ {
  gsub(/[^0-9]+/, " ")
  split($0, count, " ")
  passed += count[2] - marked
  failed += count[3]
  skipped += count[4] + marked
  said_totals = 1
}
/^Test Passed\./ { if (!said_totals) passed++ }
/^Test Skipped/ { if (!said_totals) skipped++ }
/^Test (Failed|Not Run|Timeout)|^Test timeout|^Unable to find executable/ { if (!said_totals) { failed++; said_totals = 1 } }
END { printf "%d %d %d\n", passed, failed, skipped }
