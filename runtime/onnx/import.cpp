#include "runtime/onnx/import.hpp"

#include <new>

#include "runtime/core/fail.hpp"
#include "runtime/onnx/importer.hpp"
#include "runtime/onnx/model_file.hpp"

namespace banoff {

bool reads_onnx() noexcept { return true; }

LoadedModel load_onnx(const std::filesystem::path& file, const NodeExecutor& evaluate, const Bindings& bindings,
                      const LoadLimits& limits) {
  const onnx::ModelProto model = onnx_import::read_model(file);
  try {
    std::set<std::string> constants;
    LoadedModel loaded;
    for (std::size_t before = 1; before != constants.size();) {
      before = constants.size();
      loaded = onnx_import::Importer(model, file, evaluate, bindings, limits, constants).run();
    }
    verify(loaded.graph, infer_types(loaded.graph, bindings, limits.graph));
    return loaded;
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file.string(), error.what()));
  } catch (const std::bad_alloc&) {
    fail_input("{}: the network does not fit in memory", file.string());
  }
}

}  // namespace banoff
