#include "support.hpp"

#include "runtime/load/expression.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {
Env env() {
  Env result;
  result.names["n"] = Datum(std::int64_t{5});
  result.names["word"] = Datum(std::string("stem"));
  result.names["xs"] = Datum(std::vector<Datum>{Datum(std::int64_t{3}), Datum(std::int64_t{7})});
  return result;
}
std::string eval(const std::string& text) { return evaluate(text, env()).str(); }
std::string eval_error(const std::string& text) {
  return bad_input([&] { (void)evaluate(text, env()); });
}
}  // namespace

TEST_CASE("operators bind as in Python") {
  CHECK(eval("1 + 2 * 3") == "7");
  CHECK(eval("(1 + 2) * 3") == "9");
  CHECK(eval("-2 ** 2") == "-4");
  CHECK(eval("2 ** 3 ** 2") == "512");
  CHECK(eval("10 - 4 - 3") == "3");
  CHECK(eval("not 1 == 2 and n > 4") == "true");
  CHECK(eval("1 if n == 4 else 2 if n == 5 else 3") == "2");
}

TEST_CASE("integer division and remainder round toward minus infinity, and / gives a float") {
  CHECK(eval("-7 // 2") == "-4");
  CHECK(eval("-7 % 3") == "2");
  CHECK(eval("7 % -3") == "-2");
  CHECK(evaluate("6 / 2", env()).as<double>() != nullptr);
  CHECK(eval("7 / 2") == "3.5");
}

TEST_CASE("texts, lists, indexing and functions") {
  CHECK(eval("word + '_1'") == "stem_1");
  CHECK(eval("xs + [9]") == "[3, 7, 9]");
  CHECK(eval("xs[-1]") == "7");
  CHECK(eval("max(xs) + min(4, n) + len(xs)") == "13");
  CHECK(eval("[round(2.5), floor(-0.5), ceil(0.5), int(2.9), abs(-3)]") == "[2, -1, 1, 2, 3]");
  CHECK(eval("range(1, 8, 3)") == "[1, 4, 7]");
  CHECK(eval("word == 'stem' and word != 5") == "true");
}

TEST_CASE("the branch not taken is not evaluated") { CHECK(eval("xs[9] if n > 5 else 0") == "0"); }

TEST_CASE("a text of one expression takes its value, others are spliced") {
  CHECK(interpolate("$n", env()).as<std::int64_t>() != nullptr);
  CHECK(interpolate("${xs[0]}", env()).as<std::int64_t>() != nullptr);
  CHECK(interpolate("layer${n + 1}.$word", env()).str() == "layer6.stem");
  CHECK(interpolate("a${'}'}b$$c", env()).str() == "a}b$c");
}

TEST_CASE("mistakes in expressions are told") {
  CHECK_MESSAGE_HAS(eval_error("wrod"), "no name 'wrod'", "did you mean 'word'?");
  CHECK_MESSAGE_HAS(eval_error("1 +"), "not expected");
  CHECK_MESSAGE_HAS(eval_error("1 2"), "'2' is not expected");
  CHECK_MESSAGE_HAS(eval_error("n // 0"), "division by zero");
  CHECK_MESSAGE_HAS(eval_error("xs[2]"), "index 2 into a list of 2");
  CHECK_MESSAGE_HAS(eval_error("1 < 2 < 3"), "chained");
  CHECK_MESSAGE_HAS(eval_error("mx(1, 2)"), "no function 'mx'");
  CHECK_MESSAGE_HAS(eval_error("xs * 2"), "expected numbers");
  CHECK_MESSAGE_HAS(eval_error("@"), "unexpected character");
  CHECK_MESSAGE_HAS(bad_input([] { (void)interpolate("${n", env()); }), "without its '}'");
}

TEST_CASE("hostile expressions are refused, not endured") {
  CHECK_MESSAGE_HAS(eval_error("9223372036854775807 + 1"), "64 bits");
  CHECK_MESSAGE_HAS(eval_error("2 ** 64"), "64 bits");
  CHECK_MESSAGE_HAS(eval_error("-9223372036854775807 - 2"), "64 bits");
  CHECK(eval("(-9223372036854775807 - 1) % -1") == "0");
  CHECK_MESSAGE_HAS(eval_error("(-9223372036854775807 - 1) // -1"), "64 bits");
  CHECK_MESSAGE_HAS(eval_error(std::string(100, '(')), "nested");
  CHECK_MESSAGE_HAS(eval_error("range(1000000000)"), "more than");
  CHECK_MESSAGE_HAS(eval_error("int(1e300)"), "64 bits");
  CHECK_MESSAGE_HAS(eval_error(std::string(5000, '1')), "longer than");
  std::string chain = "1";
  for (int i = 0; i < 300; ++i) chain += "+1";
  CHECK_MESSAGE_HAS(eval_error(chain), "operators");
}
