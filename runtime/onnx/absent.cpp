// In place of the importer where ONNX's schema was not found at configure time.
#include "runtime/core/fail.hpp"
#include "runtime/onnx/export.hpp"
#include "runtime/onnx/import.hpp"

namespace banoff {

bool reads_onnx() noexcept { return false; }

LoadedModel load_onnx(const std::filesystem::path& file, const NodeExecutor&, const Bindings&, const LoadLimits&) {
  fail_input("{}: this build reads no ONNX; install libonnx-dev and libprotobuf-dev and configure again",
             file.string());
}

std::map<std::string, std::string> save_onnx(const std::filesystem::path& file, const Graph&,
                                             const std::vector<TensorType>&) {
  fail_input("{}: this build writes no ONNX; install libonnx-dev and libprotobuf-dev and configure again",
             file.string());
}

std::vector<NodeId> without_onnx_form(const Graph&, const std::vector<TensorType>&) {
  fail_input("this build writes no ONNX; install libonnx-dev and libprotobuf-dev and configure again");
}

void copy_onnx(const std::filesystem::path&, const std::filesystem::path& to) {
  fail_input("{}: this build writes no ONNX; install libonnx-dev and libprotobuf-dev and configure again", to.string());
}

}  // namespace banoff
