// What each operator is given when a fuzzer makes one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace banoff::test {

/// What an input or attribute is made of.
enum class Ingredient {
  tensor,    ///< input: any value of the graph, or a constant
  weight,    ///< input: a small constant of floats
  list,      ///< integers: a constant of one dimension, or an attribute
  scalar,    ///< one integer
  numbers,   ///< floats
  number,    ///< one float
  word,      ///< attribute: one of several words
  constant,  ///< attribute: a tensor
  bytes,     ///< input: integers of 8 bits, in any shape
  byte,      ///< one of them, or as many as a list has
};

struct Argument {
  std::string name;  ///< of an attribute
  Ingredient kind = Ingredient::tensor;
  std::vector<std::string> words = {};
};

struct Recipe {
  std::string op;  ///< behind a colon where it is of another domain: domain:op
  std::vector<Argument> inputs, attributes;
};

/// For every operator that the importer knows: those with arguments of their own by a table, the others on tensors.
[[nodiscard]] const std::vector<Recipe>& recipes();

}  // namespace banoff::test
