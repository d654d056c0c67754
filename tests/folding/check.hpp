// What most tests of folding need.
#pragma once

#include <doctest/doctest.h>

#include "tests/folding/outcome.hpp"
