#include "runtime/session/channels.hpp"

#include <exception>
#include <limits>

#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

/// A network that was to be made, and what is wrong with it: kinds of nodes that cannot be run, or an error.
struct Attempt {
  std::optional<Model> model = {};
  std::exception_ptr error = {};
  std::size_t faults = std::numeric_limits<std::size_t>::max();
  std::string words = {};

  Model take() {
    if (error) std::rethrow_exception(error);
    return std::move(*model);
  }
};

Attempt attempt(const std::map<std::string, Shape>& shapes, const MakeModel& make) {
  Attempt result;
  try {
    result.model = make(shapes);
    const std::vector<Unsupported> all = result.model->unsupported();
    result.faults = all.size();
    if (!all.empty()) result.words = fmt::format("{} '{}': {}", all[0].op, all[0].nodes[0], all[0].reason);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    result.words = error.what();
    result.error = std::current_exception();
  }
  return result;
}

}  // namespace

Model blaming_channels(const std::map<std::string, Shape>& shapes, const MakeModel& make) {
  Attempt here = attempt(shapes, make);
  if (here.faults == 0 || here.words.find(" channels, expected ") != std::string::npos) return here.take();
  for (const auto& [name, shape] : shapes) {
    if (shape.rank() < 3) continue;
    for (const std::int64_t channels : {3, 1, 4}) {
      std::map<std::string, Shape> other = shapes;
      other[name][1] = channels;
      if (channels == shape[1] || attempt(other, make).faults >= here.faults) continue;
      fail_input("{} has {} channels, expected {}: {}", name.empty() ? "the input" : fmt::format("input '{}'", name),
                 shape[1], channels, here.words);
    }
  }
  return here.take();
}

}  // namespace banoff
