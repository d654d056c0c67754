// Small networks after public bug reports and real files: the right answers under every method, on reference and cpu,
// and of the folded files read again. scripts/check_reports.py runs the same table's folded files in ONNX Runtime.
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "runtime/core/dtype.hpp"
#include "tests/files.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// A line of data/reports.csv: a model below the data folder, and how far it may be off, relative to the largest value.
struct Report {
  std::filesystem::path model;
  double tolerance;
};

std::vector<Report> reports() {
  std::ifstream table(source / "tests/onnx/data/reports.csv");
  std::vector<Report> rows;
  std::string line;
  std::getline(table, line);  // the columns' names
  while (std::getline(table, line)) {
    const std::size_t comma = line.find(',');
    rows.push_back({data_folder() / line.substr(0, comma), std::stod(line.substr(comma + 1))});
  }
  return rows;
}

/// Where links do not survive copying, a link is a file that holds its target: this makes links of them again, in a
/// copy of the two folders above the model. Other models stay where they are.
std::filesystem::path with_links(const std::filesystem::path& model, const std::filesystem::path& scratch) {
  if (std::filesystem::is_symlink(model) || std::filesystem::file_size(model) > 100) return model;
  const std::filesystem::path copy = scratch / "links";
  std::filesystem::remove_all(copy);
  const std::filesystem::path top = model.parent_path().parent_path().parent_path();
  std::filesystem::copy(top, copy, std::filesystem::copy_options::recursive);
  for (const auto& file : std::filesystem::directory_iterator(copy / model.parent_path().lexically_relative(top))) {
    std::ostringstream target;
    target << std::ifstream(file.path()).rdbuf();
    std::filesystem::remove(file.path());
    std::filesystem::create_symlink(target.str(), file.path());
  }
  return copy / model.lexically_relative(top);
}

/// The folder with in0.npy, out0.npy, … and names.txt: the model's, or one further out.
std::filesystem::path folder_of(const Report& report) {
  std::filesystem::path folder = report.model.parent_path();
  while (!std::filesystem::exists(folder / "names.txt") && folder != data_folder()) folder = folder.parent_path();
  return folder;
}

/// The array for an input ("in") or output ("out") called `name`. names.txt has the first 60 letters of each name.
Tensor array_of(const Report& report, const std::string& kind, const std::string& name) {
  const std::filesystem::path folder = folder_of(report);
  if (folder == data_folder()) {
    const std::string word = kind == "in" ? ".in." : ".expected.";
    return read_npy(report.model.parent_path() / (report.model.stem().string() + word + name + ".npy"));
  }
  std::ostringstream names;
  names << std::ifstream(folder / "names.txt").rdbuf();
  for (int i = 0; std::filesystem::exists(folder / fmt::format("{}{}.npy", kind, i)); ++i) {
    if (names.str().find(fmt::format("{}{}\t{}", kind, i, name.substr(0, 60))) == std::string::npos) continue;
    return read_npy(folder / fmt::format("{}{}.npy", kind, i));
  }
  FAIL("no array for " << kind << "put " << name);
  return {};
}

Tensors inputs_of(const Report& report, const Model& model) {
  Tensors inputs;
  for (const TensorInfo& input : model.inputs()) inputs[input.name] = array_of(report, "in", input.name);
  return inputs;
}

void check_outputs(const Report& report, const Tensors& actual) {
  for (const auto& entry : actual) {
    const std::string& name = entry.first;
    const Tensor& tensor = entry.second;
    CAPTURE(name);
    const Tensor expected = array_of(report, "out", name);
    REQUIRE(tensor.shape() == expected.shape());
    // Devices hand floats of every width over as they compute them.
    if (!is_float(expected.dtype())) CHECK(tensor.dtype() == expected.dtype());
    CHECK(is_float(tensor.dtype()) == is_float(expected.dtype()));
    double largest = 1e-30;
    for (const double value : expected.to_vector<double>()) largest = std::max(largest, std::abs(value));
    CHECK(max_difference(tensor, expected) <= report.tolerance * largest);
  }
}

void check_everywhere(const Report& report, const Model& model) {
  for (const char* device : {"reference", "cpu"}) {
    CAPTURE(device);
    check_outputs(report, run_on(model, device, inputs_of(report, model), 2));
  }
}

}  // namespace

TEST_CASE("networks after reports of faults give the right answers by every method, and so do their folded files" *
          doctest::skip(!std::filesystem::exists(data_folder() / "cases_reports"))) {
  const TemporaryFolder scratch;
  for (const Report& report : reports()) {
    CAPTURE(report.model.string());
    const Model model = Model::load(with_links(report.model, scratch.path()));
    std::map<std::string, Shape> shapes;
    for (const auto& [name, tensor] : inputs_of(report, model)) shapes[name] = tensor.shape();
    for (const Method method : {Method::none, Method::naive, Method::banoff, Method::optimal}) {
      CAPTURE(name_of(method));
      const Model changed = folded(model, method);
      check_everywhere(report, changed);
      // At the sizes it is fed: some hold one value of a size that the network leaves open.
      changed.at(shapes).save(scratch / "folded.onnx");
      check_outputs(report, run_on(Model::load(scratch / "folded.onnx"), "reference", inputs_of(report, model)));
    }
  }
}
