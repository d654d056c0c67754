// Figure 5: what is compared, how it is scored, and what is made of the results.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "bench/figure/figure5.hpp"
#include "tests/bench/synthetic.hpp"
#include "tests/files.hpp"
#include "tests/source_dir.hpp"

using namespace banoff;
using namespace banoff::bench;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Figure5 synthetic_figure() {
  Figure5 figure;
  figure.device.name = "cpu";
  figure.pictures = {10};
  figure.points.push_back({"net", "none", "", "none", 0.9, 1000, 5000, 2.0, std::nullopt, ""});
  figure.points.push_back({"net", "merge", "20 %", "banoff", 0.5, 800, 4000, 1.5, Estimate{25, 24, 26}, ""});
  figure.points.push_back({"net", "merge", "30 %", "none", 0, 0, 0, 0, std::nullopt, "nothing to prune: <why>"});
  return figure;
}

/// Records of so many pictures, each with its number as label and pixels.
std::string cifar(int count, int label_of_last = -1) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes += static_cast<char>(i + 1 == count && label_of_last >= 0 ? label_of_last : i);
    for (const int plane : {10, 20, 30}) bytes += std::string(1024, static_cast<char>(plane + i));
  }
  return bytes;
}

}  // namespace

TEST_CASE("every way of pruning is compared alone and with every way of folding, the untouched network first") {
  const std::vector<Approach> all = figure5_approaches();
  CHECK(all.front().family == "none");
  CHECK(all.front().fold == Method::none);
  CHECK_FALSE(all.front().compress);
  std::set<std::string> families, names;
  for (const Approach& approach : all) {
    families.insert(approach.family);
    const bool is_new = names.insert(approach.family + approach.setting + std::string(name_of(approach.fold))).second;
    CHECK(is_new);
  }
  CHECK(families == std::set<std::string>{"none", "merge", "k-means", "magnitude", "int8", "merge, int8"});
}

TEST_CASE("CIFAR-10's records are read plane by plane") {
  const TemporaryFolder folder;
  const Examples examples = read_cifar10(folder.write("two.bin", cifar(2)));
  CHECK(examples.labels == std::vector<std::int64_t>{0, 1});
  REQUIRE(examples.images.size() == 2);
  const Image& second = examples.images[1];
  CHECK(second.height == 32);
  CHECK(std::vector<int>(second.at(5, 7), second.at(5, 8)) == std::vector<int>{11, 21, 31});
  CHECK(has(input_error([&] { (void)read_cifar10(folder.write("cut.bin", cifar(2).substr(1))); }),
            "cut.bin: 6145 bytes"));
  CHECK(has(input_error([&] { (void)read_cifar10(folder.write("empty.bin", "")); }), "empty.bin"));
  CHECK(has(input_error([&] { (void)read_cifar10(folder.write("label.bin", cifar(2, 10))); }), "label 10"));
  CHECK(has(input_error([&] { (void)read_cifar10(folder / "none.bin"); }), "cannot be opened"));
}

TEST_CASE("the demo's classifier is examined, and pruning it costs what its report says") {
  const std::vector<Exam> exams = figure5_exams();
  REQUIRE_FALSE(exams.empty());
  const Exam& exam = exams.front();
  CHECK(exam.examples.images.size() == exam.examples.labels.size());
  std::vector<Approach> few;
  for (const Approach& approach : figure5_approaches()) {
    const bool chosen = approach.family == "none" || approach.setting == "5 %";
    if (chosen && approach.fold != Method::optimal) few.push_back(approach);
  }
  Exam small{exam.model, {}};
  small.examples.images.assign(exam.examples.images.begin(), exam.examples.images.begin() + 40);
  small.examples.labels.assign(exam.examples.labels.begin(), exam.examples.labels.begin() + 40);
  const Timing timing{.warmup_ms = 0, .duration_s = 0, .iterations = 1, .rounds = 1};
  const Figure5 figure = run_figure5(
      {small}, few, {.name = "cpu", .threads = 1}, timing, [](const std::string&) {}, [](double) {});
  REQUIRE(figure.points.size() == few.size());
  const Point& untouched = figure.points.front();
  CHECK_FALSE(untouched.saved);
  CHECK(untouched.accuracy > 0.9);
  for (const Point& point : figure.points) {
    CHECK(point.refused.empty());
    CHECK(point.min_ms > 0);
    if (point.family == "none") CHECK(point.accuracy == untouched.accuracy);
    else CHECK(point.flops < untouched.flops);
  }
}

TEST_CASE("Figure 5 is told as text, Markdown and JSON, what there is not with its reason") {
  const Figure5 figure = synthetic_figure();
  const std::string text = to_text(figure);
  CHECK(has(text, "net, 10 pictures"));
  CHECK(has(text, "25.0 ± 1.0"));
  CHECK(has(text, "nothing to prune: <why>"));
  CHECK(has(text, "50.23"));
  CHECK(has(to_markdown(figure), "| merge, 20 % | banoff | 1 | 50.00 | 1.500 | 25.0 ± 1.0 |"));
  const nlohmann::json json = to_json(figure);
  CHECK(json["points"][0]["saved_percent"].is_null());
  CHECK(json["points"][1]["saved_percent"]["low"] == 24);
  CHECK_FALSE(json["points"][2].contains("accuracy"));
  CHECK(json["published"][1]["high"] == 59.2);
}

TEST_CASE("Figure 5 is drawn with a mark for every point there is") {
  const std::string svg = to_svg(synthetic_figure());
  CHECK(svg.starts_with("<svg xmlns="));
  CHECK(has(svg, "net, 10 pictures"));
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = svg.find(part); at != std::string::npos; at = svg.find(part, at + 1)) ++found;
    return found;
  };
  CHECK(count("<circle") == 1 + 1 + 4);  // the point, the legend's family, its four folds
  CHECK(count("fill=\"#1b6ca8\"") == 1 + 1);
  CHECK_FALSE(has(svg, "<why>"));
}
