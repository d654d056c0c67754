#include "banoff/task/npy.hpp"
#include "cli/run.hpp"
#include "cli/summary.hpp"

namespace banoff::cli {
namespace {

bool is_float(DType type) {
  return type == DType::f64 || type == DType::f32 || type == DType::f16 || type == DType::bf16;
}

/// How integers a type holds exactly: from -2^bits, or from 0, up to 2^bits.
struct Integers {
  int bits;
  bool negative;
};

Integers integers_of(DType type) {
  switch (type) {
    case DType::f64: return {53, true};
    case DType::f32: return {24, true};
    case DType::f16: return {11, true};
    case DType::bf16: return {8, true};
    case DType::i64: return {63, true};
    case DType::i32: return {31, true};
    case DType::i16: return {15, true};
    case DType::i8: return {7, true};
    case DType::u64: return {64, false};
    case DType::u32: return {32, false};
    case DType::u16: return {16, false};
    case DType::u8: return {8, false};
    case DType::boolean: break;
  }
  return {1, false};
}

/// Whether every value of one type is one of the other. Widening and narrowing floats is what a user expects, too;
/// turning 0.5 into 0 is not.
bool takes(DType to, DType from) {
  if (is_float(from) || to == DType::boolean) return to == from || (is_float(from) && is_float(to));
  const Integers wide = integers_of(to), narrow = integers_of(from);
  return wide.bits >= narrow.bits && (wide.negative || !narrow.negative);
}

/// The name a binding means: its own, or the only one there is.
std::string name_in(const std::vector<TensorInfo>& known, const std::string& name, const std::string& option) {
  if (name.empty() && known.size() == 1) return known.front().name;
  if (std::ranges::find(known, name, &TensorInfo::name) != known.end()) return name;
  std::vector<std::string> names;
  for (const TensorInfo& info : known) names.push_back(info.name);
  fail_usage(fmt::format("{} '{}': the network has {}", option, name, fmt::join(names, ", ")));
}

Tensors read_inputs(const RunCommand& options, const std::vector<TensorInfo>& known) {
  Tensors tensors;
  for (const std::string& binding : options.inputs) {
    const auto [given, file] = split_binding(binding);
    const std::string name = name_in(known, given, "--input");
    const Tensor tensor = read_npy(file);
    const DType wanted = std::ranges::find(known, name, &TensorInfo::name)->dtype;
    if (!takes(wanted, tensor.dtype())) {
      fail_input(fmt::format("{}: holds {}, input '{}' takes {}; convert it", file, name_of(tensor.dtype()), name,
                             name_of(wanted)));
    }
    if (!tensors.emplace(name, tensor).second) fail_usage(fmt::format("--input '{}' is given twice", name));
  }
  return tensors;
}

/// The shapes that open sizes are to be read off.
std::map<std::string, Shape> shapes_of(const Tensors& tensors) {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, tensor] : tensors) shapes[name] = tensor.shape();
  return shapes;
}

/// The network; at the sizes of the arrays where it takes none of the likely ones.
Model load_for(const RunCommand& options) {
  try {
    return load(options.model);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input || !options.model.load.shapes.empty()) throw;
  }
  ModelOptions sized = options.model;
  for (const std::string& binding : options.inputs) {
    const auto [name, file] = split_binding(binding);
    sized.load.shapes[name] = read_npy(file).shape();
  }
  return load(sized);
}

}  // namespace

int run_tensors(const RunCommand& options) {
  Model model = load_for(options);
  const Tensors inputs = read_inputs(options, model.inputs());
  std::map<std::string, std::string> files;
  std::vector<std::string> values;
  for (const std::string& binding : options.outputs) {
    const auto [given, file] = split_binding(binding);
    // A name that is no output is a node's: its value becomes an output before anything is folded.
    values.push_back(given.empty() ? name_in(model.outputs(), given, "--output") : given);
    files[values.back()] = file;
  }
  // In place of the network as loaded, whose weights nobody needs any more.
  model = folded(model.at(shapes_of(inputs)).with_outputs(values), options.fold, options.device);
  const Tensors outputs = Session(CompiledModel::compile(model, options.device)).run(inputs);
  for (const auto& [name, file] : files) write_npy(file, outputs.at(name));
  Json rows = Json::array();
  for (const auto& [name, tensor] : outputs) {
    if (options.json) rows.push_back(json_of(name, tensor));
    else print_summary(name, tensor);
  }
  if (options.json) print_json({{"model", options.model.file}, {"device", options.device.name}, {"outputs", rows}});
  return 0;
}

}  // namespace banoff::cli
