#include "runtime/onnx/import.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include "runtime/core/fail.hpp"
#include "runtime/graph/opaque.hpp"
#include "runtime/graph/open_sizes.hpp"
#include "runtime/graph/parameter_shapes.hpp"
#include "runtime/onnx/domain.hpp"
#include "runtime/onnx/element_type.hpp"
#include "runtime/onnx/generalise.hpp"
#include "runtime/onnx/importer.hpp"
#include "runtime/onnx/model_file.hpp"
#include "runtime/onnx/tensor.hpp"

namespace banoff {

namespace onnx_import {
namespace {

using SourcePtr = std::shared_ptr<const Source>;

/// What is left of a model without its nodes and weights.
std::shared_ptr<const onnx::ModelProto> shell_of(const onnx::ModelProto& model) {
  auto shell = std::make_shared<onnx::ModelProto>();
  shell->set_ir_version(model.ir_version());
  *shell->mutable_opset_import() = model.opset_import();
  *shell->mutable_functions() = model.functions();
  *shell->mutable_graph()->mutable_input() = model.graph().input();
  *shell->mutable_graph()->mutable_output() = model.graph().output();
  return shell;
}

SourcePtr open_source(const std::filesystem::path& file, const NodeExecutor& evaluate, const LoadLimits& limits) {
  auto source = std::make_shared<Source>();
  source->model = read_model(file);
  source->file = file;
  source->opset = opset_of(source->model);
  source->evaluate = evaluate;
  source->limits = limits;
  source->shell = shell_of(source->model);
  onnx::GraphProto& graph = *source->model.mutable_graph();
  source->sparse_initializers.assign(graph.sparse_initializer().begin(), graph.sparse_initializer().end());
  KnownTensors known(file, limits.max_computed_bytes);
  for (onnx::TensorProto& initializer : *graph.mutable_initializer()) {
    if (onnx_types.find(initializer.data_type())) {
      source->initializers.emplace_back(initializer.name(), known.taken(initializer));
    } else {
      source->foreign_initializers.push_back(known.with_data_inside(initializer));
    }
  }
  source->bytes = known.file_bytes();
  return source;
}

/// What may be computed in all readings of the file that belong together.
Effort effort_for(const Source& source) {
  Effort effort(source.limits.max_computed_steps);
  effort.add_file(source.bytes);
  return effort;
}

/// The inputs with every size as in `sizes`, or as given.
std::vector<FileInput> sized(std::vector<FileInput> inputs, const Sizes& sizes) {
  for (FileInput& input : inputs) {
    for (Dim& dim : input.dims) {
      const auto size = sizes.find(dim.symbol);
      if (!dim.symbol.empty() && size != sizes.end()) dim.size = size->second;
    }
  }
  return inputs;
}

Reading read(const Source& source, const std::vector<FileInput>& inputs, std::set<std::string>& constants,
             KnownTensors& known) {
  Reading reading{Importer(source, inputs, constants, known).run(), {}};
  reading.types = infer_types(reading.graph, {}, source.limits.graph);
  check_parameter_shapes(reading.graph, reading.types);
  return reading;
}

/// A reading that may take as much memory as one alone may.
Reading read(const Source& source, const std::vector<FileInput>& inputs, std::set<std::string>& constants,
             Effort& effort) {
  KnownTensors known(source.file, source.limits.max_computed_bytes, &effort);
  return read(source, inputs, constants, known);
}

template <class... Args>
std::optional<Reading> try_to_read(Args&&... args) {
  try {
    return read(std::forward<Args>(args)...);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    return std::nullopt;
  }
}

/// "height=224, width=224": how the sizes that nobody gave may be given.
std::string hint(const std::vector<FileInput>& inputs) {
  std::vector<std::string> words;
  for (const FileInput& input : inputs) {
    for (std::size_t i = 1; i < input.dims.size(); ++i) {
      const std::string word = fmt::format("--shape {}=…", input.dims[i].symbol);
      const bool open = !input.dims[i].symbol.empty() && input.dims[i].size == 0;
      if (open && std::ranges::find(words, word) == words.end()) words.push_back(word);
    }
  }
  return fmt::format("{}", fmt::join(words, " "));
}

/// What cannot be run of a reading for reasons of its own, in words, and how many nodes that is.
struct Carrying {
  std::size_t nodes = 0;
  std::string words;

  explicit Carrying(const Graph& graph) {
    for (const CannotRun& each : cannot_run(graph)) {
      nodes += each.nodes.size();
      words += fmt::format("{} '{}': {}\n", each.op, each.nodes.front(), each.reason);
    }
  }
};

/// The network at the sizes given, and at the first likely ones that it takes for the rest.
class Nominal {
 public:
  Nominal(const Source& source, const std::vector<FileInput>& inputs, std::set<std::string>& constants,
          Effort& effort) {
    std::vector<std::vector<Dim>> dims;
    for (const FileInput& input : inputs) dims.push_back(input.dims);
    const std::vector<Sizes> likely = likely_sizes(dims);
    std::vector<std::string> failures;
    std::size_t fewest = std::numeric_limits<std::size_t>::max(), most = 0;
    for (const Sizes& assumed : likely) {
      std::vector<FileInput> here = sized(inputs, assumed);
      std::string failure;
      try {
        Reading reading = read(source, here, constants, effort);
        const Carrying carrying(reading.graph);
        most = std::max(most, carrying.nodes);
        if (carrying.nodes < fewest) {
          fewest = carrying.nodes;
          sizes_ = assumed, inputs_ = std::move(here), reading_ = std::move(reading);
        }
        if (carrying.nodes == 0 || likely.size() == 1) return;
        failure = carrying.words;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::bad_input || likely.size() == 1) throw;
        failure = error.what();
      }
      // What fails in the same words at another size fails at all of them.
      if (!failures.empty() && failures.back() == failure) {
        if (reading_) return;
        fail_input("{}", failure);
      }
      failures.push_back(std::move(failure));
    }
    if (reading_ && fewest < most) return;  // one that does not fail of its size alone
    fail_input("the network takes none of the likely sizes; give some with {}\n{}", hint(inputs), failures.front());
  }

  [[nodiscard]] const Reading& reading() const { return *reading_; }
  [[nodiscard]] const std::vector<FileInput>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] bool assumed(const std::string& symbol) const { return sizes_.contains(symbol); }
  /// Whether a reading at other sizes can be run as far as this one: sizes at which it cannot are none of the
  /// network's.
  [[nodiscard]] bool fits(const Reading& other) const {
    return Carrying(other.graph).nodes <= Carrying(reading_->graph).nodes;
  }

 private:
  Sizes sizes_;
  std::vector<FileInput> inputs_;
  std::optional<Reading> reading_;
};

/// Puts the symbols back where the reading has sizes.
void name_sizes(Graph& graph, const std::vector<FileInput>& inputs) {
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) graph.inputs[i].dims = inputs[i].dims;
}

/// Looks at a file at several sizes: what it says of each of them alone is no network for all.
class Opener {
 public:
  Opener(const Source& source, const Nominal& nominal, const std::set<std::string>& constants, Effort& effort)
      : source_(source),
        nominal_(nominal),
        constants_(constants),
        known_(source.file, source.limits.max_computed_bytes / 4, &effort) {
    named_ = nominal.reading().graph;
    name_sizes(named_, nominal.inputs());
    open_ = open_sizes(named_, nominal.reading().types);
  }

  /// The network, its open sizes being symbols but for those in `fixed`.
  Graph run() {
    for (const OpenSize& size : open_) look_beside(size);
    Generalised general = generalise(nominal_.reading(), all_readings());
    while (general.difference && !beside_.empty()) {
      // Each size alone can be another; some of them together cannot.
      const std::string& symbol = beside_.rbegin()->first;
      fixed[symbol] = reason(*general.difference);
      beside_.erase(symbol);
      general = generalise(nominal_.reading(), all_readings());
    }
    if (beside_.empty()) general.graph = nominal_.reading().graph;
    name_sizes(general.graph, nominal_.inputs());
    for (const auto& [symbol, why] : fixed) fix_size(general.graph, nominal_.reading().types, symbol);
    return std::move(general.graph);
  }

  [[nodiscard]] const std::vector<OpenSize>& open() const noexcept { return open_; }

  std::map<std::string, std::string> fixed;  ///< by symbol, why it keeps its size

 private:
  static std::string reason(const Difference& difference) {
    return fmt::format("at other sizes '{}' {}", difference.node, difference.what);
  }

  /// All readings beside the nominal one share an allowance of memory.
  std::optional<Reading> read_at(const Sizes& sizes) {
    std::set<std::string> constants = constants_;
    auto reading = try_to_read(source_, sized(nominal_.inputs(), sizes), constants, known_);
    if (reading && !nominal_.fits(*reading)) return std::nullopt;
    return constants == constants_ ? std::move(reading) : std::nullopt;
  }

  void look_beside(const OpenSize& size) {
    constexpr std::size_t enough = 3;
    std::vector<Reading> readings;
    for (const std::int64_t other : sizes_beside(size)) {
      if (readings.size() == enough) break;
      auto reading = read_at({{size.symbol, other}});
      if (reading) readings.push_back(std::move(*reading));
    }
    if (readings.empty()) {
      fixed[size.symbol] = "the network takes no other size near it";
      return;
    }
    std::vector<const Reading*> views;
    for (const Reading& reading : readings) views.push_back(&reading);
    const Generalised general = generalise(nominal_.reading(), views);
    if (general.difference) fixed[size.symbol] = reason(*general.difference);
    else beside_[size.symbol] = std::move(readings);
  }

  /// Beside every size that may be another, and where all of them are.
  std::vector<const Reading*> all_readings() {
    std::vector<const Reading*> views;
    Sizes together;
    for (const auto& [symbol, readings] : beside_) {
      for (const Reading& reading : readings) views.push_back(&reading);
      together[symbol] = size_in(readings.front(), symbol);
    }
    if (beside_.size() < 2) return views;
    together_ = read_at(together);
    if (together_) views.push_back(&*together_);
    return views;
  }

  [[nodiscard]] std::int64_t size_in(const Reading& reading, const std::string& symbol) const {
    for (std::size_t i = 0; i < named_.inputs.size(); ++i) {
      for (std::size_t d = 0; d < named_.inputs[i].dims.size(); ++d) {
        if (named_.inputs[i].dims[d].symbol == symbol) return reading.graph.inputs[i].dims[d].size;
      }
    }
    fail_internal("no size is called '{}'", symbol);
  }

  const Source& source_;
  const Nominal& nominal_;
  const std::set<std::string>& constants_;
  KnownTensors known_;
  Graph named_;
  std::vector<OpenSize> open_;
  std::map<std::string, std::vector<Reading>> beside_;  ///< by symbol
  std::optional<Reading> together_;
};

LoadedModel loaded(const Source& source, Graph graph) {
  LoadedModel result;
  result.graph = std::move(graph);
  result.manifest.file = source.file;
  result.manifest.weights = source.file;
  verify(result.graph, infer_types(result.graph, {}, source.limits.graph));
  return result;
}

LoadedModel load(const SourcePtr& source, const Bindings& bindings) {
  std::set<std::string> constants;
  std::vector<FileInput> inputs = inputs_of(source->model, bindings, constants);
  Effort effort = effort_for(*source);
  std::optional<Nominal> found;
  for (std::size_t before = 1; before != constants.size();) {
    before = constants.size();
    inputs = inputs_of(source->model, bindings, constants);
    found.emplace(*source, inputs, constants, effort);
  }
  const Nominal& nominal = *found;
  Opener opener(*source, nominal, constants, effort);
  LoadedModel result = loaded(*source, opener.run());
  for (const OpenSize& size : opener.open()) {
    const auto fixed = opener.fixed.find(size.symbol);
    result.sizes.push_back(
        {size.symbol, size.size, nominal.assumed(size.symbol), fixed == opener.fixed.end() ? "" : fixed->second});
  }
  for (const FileInput& input : inputs) {
    auto& symbols = result.symbols.emplace_back();
    for (const Dim& dim : input.dims) symbols.push_back(dim.symbol);
  }
  if (!opener.fixed.empty()) {
    result.at = [source, constants, inputs = nominal.inputs(),
                 most = Carrying(nominal.reading().graph).nodes](const Sizes& sizes) {
      std::set<std::string> known_here = constants;
      Effort effort_here = effort_for(*source);
      Graph graph = read(*source, sized(inputs, sizes), known_here, effort_here).graph;
      const std::vector<CannotRun> reasons = cannot_run(graph);
      if (Carrying(graph).nodes > most)
        fail_input("at this size {} '{}': {}", reasons[0].op, reasons[0].nodes[0], reasons[0].reason);
      if (known_here != constants) fail_input("at this size an input with a default would have to be a constant");
      return loaded(*source, std::move(graph));
    };
  }
  return result;
}

}  // namespace
}  // namespace onnx_import

bool reads_onnx() noexcept { return true; }

LoadedModel load_onnx(const std::filesystem::path& file, const NodeExecutor& evaluate, const Bindings& bindings,
                      const LoadLimits& limits) {
  const auto about_file = [file](auto&& body) {
    try {
      return body();
    } catch (const Error& error) {
      if (std::string_view(error.what()).starts_with(file.string() + ":")) throw;  // a node's place
      throw Error(error.kind(), fmt::format("{}: {}", file.string(), error.what()));
    } catch (const std::bad_alloc&) {
      fail_input("{}: the network does not fit in memory", file.string());
    }
  };
  LoadedModel model =
      about_file([&] { return onnx_import::load(onnx_import::open_source(file, evaluate, limits), bindings); });
  if (model.at) {
    model.at = [about_file, at = std::move(model.at)](const std::map<std::string, std::int64_t>& sizes) {
      return about_file([&] { return at(sizes); });
    };
  }
  return model;
}

}  // namespace banoff
