// The library from C++, knowing only what is installed. Usage: consumer MODEL
#include <banoff/error.hpp>
#include <banoff/session.hpp>
#include <banoff/task/metrics.hpp>

#include <cstdio>

using namespace banoff;

namespace {
bool refuses_a_missing_file() {
  try {
    (void)Model::load("no such file.yaml");
  } catch (const Error& error) {
    return error.kind() == ErrorKind::bad_input;
  }
  return false;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !refuses_a_missing_file()) return 2;
  const Model model = Model::load(argv[1]);
  const auto [folded, report] = model.fold({});
  const Tensors inputs = model.random_inputs(1);
  Session session(CompiledModel::compile(folded));
  const OutputError error = compare(model.reference(inputs), session.run(inputs)).at(0);
  std::printf("%s: %zu of %zu batch norms folded; relative error %.1e\n", model.name().c_str(), report.folded(),
              report.norms.size(), error.max_relative_error);
  return report.folded() > 0 && error.max_relative_error < 1e-4 && ConfusionMatrix().pixel_accuracy() == 0 ? 0 : 1;
}
