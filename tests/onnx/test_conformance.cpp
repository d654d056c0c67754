// The ONNX project's node tests: which operators give the expected outputs, at every opset there is a test for.
//
// What the test finds is the table of docs/onnx-conformance.md; where that is out of date the new one lies in the
// folder of the test, to be copied there after a look at the difference.
#include <onnx/onnx_pb.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/tensor.hpp"
#include "runtime/onnx/translate.hpp"
#include "tests/files.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

std::filesystem::path archive() { return data_folder() / "suite_onnx_node" / "onnx_node_tests.tar.xz"; }

enum class Outcome { ran, computed, refused, wrong };

struct Result {
  Outcome outcome = Outcome::refused;
  std::string reason;
};

template <class Proto>
Proto parsed(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  Proto proto;
  REQUIRE(proto.ParseFromIstream(&in));
  return proto;
}

Tensor tensor_of(const onnx::TensorProto& proto) {
  return onnx_import::KnownTensors({}, std::int64_t{1} << 30).stored(proto);
}

/// One test: a model of one operator (or a function written out), its inputs in order and what must come out.
struct NodeTest {
  std::filesystem::path folder;
  onnx::ModelProto model;
  std::vector<onnx::TensorProto> inputs;
  std::vector<Tensor> expected;

  explicit NodeTest(const std::filesystem::path& path)
      : folder(path), model(parsed<onnx::ModelProto>(path / "model.onnx")) {}

  /// Throws bad_input for what is no tensor, or of a type that nothing here computes with.
  void read_data() {
    const auto file = [&](const char* kind, std::size_t i) {
      return folder / "test_data_set_0" / (std::string(kind) + "_" + std::to_string(i) + ".pb");
    };
    for (const std::string& type : types()) {
      if (type != "tensor") throw Error(ErrorKind::bad_input, "values of the kind '" + type + "' are not supported");
    }
    for (std::size_t i = 0; std::filesystem::exists(file("input", i)); ++i) {
      inputs.push_back(parsed<onnx::TensorProto>(file("input", i)));
      (void)tensor_of(inputs.back());
    }
    for (std::size_t i = 0; std::filesystem::exists(file("output", i)); ++i) {
      expected.push_back(tensor_of(parsed<onnx::TensorProto>(file("output", i))));
    }
  }

  [[nodiscard]] std::vector<std::string> types() const {
    std::vector<std::string> kinds;
    const auto add = [&](const onnx::ValueInfoProto& value) {
      const onnx::TypeProto& type = value.type();
      kinds.push_back(type.has_tensor_type() ? "tensor" : type.has_sequence_type() ? "sequence" : "optional");
    };
    for (const auto& value : model.graph().input()) add(value);
    for (const auto& value : model.graph().output()) add(value);
    return kinds;
  }
};

bool close(const Tensor& actual, const Tensor& expected) {
  if (actual.shape() != expected.shape()) return false;
  const std::vector<double> a = actual.to_vector<double>(), b = expected.to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    // The official runner's tolerance.
    if (!is_float(expected.dtype()) || !(std::abs(a[i] - b[i]) <= 1e-7 + 1e-3 * std::abs(b[i]))) return false;
  }
  return true;
}

/// The test with its inputs from `first_known` on as initializers, run on every device.
Result run(const NodeTest& test, std::size_t first_known, const TemporaryFolder& folder) {
  onnx::ModelProto model = test.model;
  Tensors inputs;
  LoadOptions options;
  for (std::size_t i = 0; i < test.inputs.size(); ++i) {
    const std::string& name = test.model.graph().input(static_cast<int>(i)).name();
    const Tensor tensor = tensor_of(test.inputs[i]);
    if (i < first_known) {
      inputs[name] = tensor;
      options.shapes[name] = tensor.shape();
    } else {
      *model.mutable_graph()->add_initializer() = test.inputs[i];
      model.mutable_graph()->mutable_initializer()->rbegin()->set_name(name);
    }
  }
  const std::filesystem::path file = folder.write("model.onnx", model.SerializeAsString());
  const Model loaded = Model::load(file, options);
  Tensors wanted;
  for (const TensorInfo& input : loaded.inputs()) wanted[input.name] = inputs.at(input.name);
  for (const char* device : {"reference-f64", "cpu"}) {
    const Tensors actual = run_on(loaded, device, wanted);
    for (std::size_t i = 0; i < test.expected.size(); ++i) {
      const std::string& name = test.model.graph().output(static_cast<int>(i)).name();
      if (!close(actual.at(name).as(test.expected[i].dtype()), test.expected[i]))
        return {Outcome::wrong, name + " on " + device};
    }
  }
  return {wanted.empty() && !test.inputs.empty() ? Outcome::computed : Outcome::ran, ""};
}

std::string in_one_line(std::string text) {
  while (text.starts_with('/')) text = text.substr(text.find(": ") + 2);  // the file
  const std::size_t at = text.find(":\n  ");                              // the list of nodes: the first one's reason
  if (at != std::string::npos) text = text.substr(at + 4);
  if (const std::size_t reason = text.find("': "); reason != std::string::npos && at != std::string::npos) {
    text = text.substr(reason + 3);
  }
  return text.substr(0, text.find('\n'));
}

/// Inputs are given when the network runs; where the importer must know some, all but the first; where it still must
/// know more, all.
Result result_of(NodeTest& test, const TemporaryFolder& folder) {
  Result result;
  try {
    test.read_data();
    std::vector<std::size_t> splits{test.inputs.size(), 1, 0};
    for (const std::size_t known : splits) {
      if (known > test.inputs.size()) continue;
      try {
        return run(test, known, folder);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::bad_input && error.kind() != ErrorKind::refused) throw;
        result.reason = in_one_line(error.what());
      }
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    result.reason = in_one_line(error.what());
  }
  return result;
}

struct Row {
  std::size_t ran = 0, computed = 0, refused = 0, wrong = 0;
  [[nodiscard]] std::size_t all() const { return ran + computed + refused + wrong; }
  void count(Outcome outcome) {
    std::size_t* counters[] = {&ran, &computed, &refused, &wrong};
    ++*counters[static_cast<std::size_t>(outcome)];
  }
};

struct Table {
  std::map<std::string, Row> single, written_out;  ///< by operator
  std::vector<std::string> refused, wrong;         ///< tests of operators in scope
};

/// The operators that docs/onnx-operators.md names.
std::set<std::string, std::less<>> scope() {
  std::ifstream in(source / "docs/onnx-operators.md");
  std::set<std::string, std::less<>> names;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| ") || line.starts_with("| family")) continue;
    std::istringstream list(line.substr(line.find('|', 1) + 1));
    for (std::string name; list >> name;) {
      std::erase_if(name, [](char c) { return c == ',' || c == '|'; });
      if (!name.empty()) names.insert(name);
    }
  }
  return names;
}

/// The operator a test is about. One that spells a function out is told by its name's first part.
std::string operator_of(const NodeTest& test, const std::map<std::string, std::string>& single) {
  if (test.model.graph().node_size() == 1) return test.model.graph().node(0).op_type();
  const std::string name = test.folder.filename();
  const auto found = single.find(name.substr(0, name.find("_expanded")));
  return found == single.end() ? "(several)" : found->second;
}

std::string printed(const Table& table, const std::set<std::string, std::less<>>& in_scope) {
  std::ostringstream out;
  Row total, scope_total;
  const auto add = [](Row& to, const Row& row) {
    to.ran += row.ran, to.computed += row.computed, to.refused += row.refused, to.wrong += row.wrong;
  };
  for (const auto& [name, row] : table.single) {
    add(total, row);
    if (in_scope.contains(name)) add(scope_total, row);
  }
  for (const auto& [name, row] : table.written_out) add(total, row);
  out << "# ONNX node conformance tests\n\n"
      << "Written by the test run (`tests/onnx/test_conformance.cpp`); the operators in scope and their limits are in\n"
      << "[onnx-operators.md](onnx-operators.md). Every test runs on `reference-f64` and on `cpu` with the official\n"
      << "tolerance. *Ran* has its inputs given when the network runs, weights and shapes beforehand where they must "
         "be;\n"
      << "*computed* has all inputs known beforehand. A test *written out* spells the operator out in others.\n\n"
      << "| | tests | ran | computed | refused | wrong |\n|---|---:|---:|---:|---:|---:|\n";
  const auto line = [&](const std::string& name, const Row& row) {
    out << "| " << name << " | " << row.all() << " | " << row.ran << " | " << row.computed << " | " << row.refused
        << " | " << row.wrong << " |\n";
  };
  line("all", total);
  line("operators in scope", scope_total);
  const auto section = [&](const std::string& title, const std::map<std::string, Row>& rows, bool wanted) {
    out << "\n## " << title << "\n\n| operator | tests | ran | computed | refused | wrong |\n"
        << "|---|---:|---:|---:|---:|---:|\n";
    for (const auto& [name, row] : rows) {
      if (in_scope.contains(name) == wanted) line(name, row);
    }
  };
  section("Operators in scope", table.single, true);
  out << "\n### Refused, for the limits of the scope\n\n";
  for (const std::string& each : table.refused) out << "- " << each << "\n";
  section("Operators in scope, written out", table.written_out, true);
  section("Other operators", table.single, false);
  section("Other operators, written out", table.written_out, false);
  return out.str();
}

Table tested(const std::filesystem::path& suite, const std::set<std::string, std::less<>>& in_scope) {
  const TemporaryFolder folder;
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(suite)) paths.insert(entry.path());
  std::map<std::string, std::string> single;
  for (const auto& path : paths) {
    const NodeTest test(path);
    if (test.model.graph().node_size() == 1) single[path.filename()] = test.model.graph().node(0).op_type();
  }
  Table table;
  for (const auto& path : paths) {
    NodeTest test(path);
    const Result result = result_of(test, folder);
    const std::string op = operator_of(test, single);
    const bool alone = single.contains(path.filename());
    (alone ? table.single : table.written_out)[op].count(result.outcome);
    const std::string label = path.filename().string() + ": " + result.reason;
    if (result.outcome == Outcome::wrong) table.wrong.push_back(label);
    if (result.outcome == Outcome::refused && alone && in_scope.contains(op)) table.refused.push_back(label);
  }
  return table;
}

}  // namespace

TEST_CASE("every operator in scope can be taken over, and every one that can is in scope") {
  std::set<std::string, std::less<>> known;
  for (const std::string_view name : onnx_import::operators()) known.emplace(name);
  const auto wanted = scope();
  CHECK(wanted.size() >= 100);
  CHECK(known == wanted);
}

TEST_CASE("node conformance tests give the expected outputs, or are refused" *
          doctest::skip(!std::filesystem::exists(archive()))) {
  const TemporaryFolder unpacked;
  const std::string command = "tar -xJf '" + archive().string() + "' -C '" + unpacked.path().string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  const auto in_scope = scope();
  const Table table = tested(unpacked.path() / "onnx/backend/test/data/node", in_scope);
  for (const std::string& each : table.wrong) FAIL_CHECK(each);
  const std::string text = printed(table, in_scope);
  std::ifstream in(source / "docs/onnx-conformance.md");
  const std::string committed{std::istreambuf_iterator<char>(in), {}};
  if (text != committed) std::ofstream("onnx-conformance.md") << text;
  const bool up_to_date = text == committed;
  CHECK_MESSAGE(up_to_date,
                "docs/onnx-conformance.md is out of date: see onnx-conformance.md in the folder of this test");
}
