// banoff verify: whether two networks compute the same.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/sizes.hpp"
#include "cli/table.hpp"

namespace banoff::cli {
namespace {

struct VerifyCommand {
  ModelOptions model;
  std::string other;
  FoldOptions fold;
  DeviceOptions device;
  double tolerance = 1e-4;
  double device_tolerance = 1e-3;
  std::uint64_t seed = 1;
  bool json = false;
};

/// The other file, read under the same shapes; or the first folded.
Model other_model(const VerifyCommand& options, const Model& model) {
  if (options.other.empty()) return fold_model(model, options.fold, options.device).first;
  ModelOptions other = options.model;
  other.file = options.other;
  other.load.weights.clear();
  Model loaded = load(other);
  const std::vector<TensorInfo> expected = model.inputs(), actual = loaded.inputs();
  const bool same = std::ranges::equal(expected, actual, [](const TensorInfo& a, const TensorInfo& b) {
    return a.name == b.name && a.dtype == b.dtype && a.shape == b.shape;
  });
  if (!same)
    throw Error(ErrorKind::check_failed, fmt::format("{} has other inputs than {}", options.other, options.model.file));
  return loaded;
}

bool within(const std::vector<OutputError>& errors, double tolerance) {
  return std::ranges::all_of(errors, [&](const OutputError& e) { return e.max_relative_error <= tolerance; });
}

Json json_of(const std::vector<OutputError>& errors) {
  Json rows = Json::array();
  for (const OutputError& error : errors) {
    rows.push_back({{"name", error.name},
                    {"max_abs_error", error.max_abs_error},
                    {"max_relative_error", error.max_relative_error},
                    {"mean_abs_error", error.mean_abs_error}});
  }
  return rows;
}

void add_rows(Table& table, const std::string& where, const std::vector<OutputError>& errors, double tolerance) {
  for (const OutputError& e : errors) {
    table.add({e.name, where, fmt::format("{:.3g}", e.max_abs_error), fmt::format("{:.3g}", e.max_relative_error),
               fmt::format("{:.3g}", e.mean_abs_error), e.max_relative_error <= tolerance ? "ok" : "FAILED"});
  }
}

/// Takes the larger errors of each output.
void take_worse(std::vector<OutputError>& errors, const std::vector<OutputError>& others) {
  if (errors.empty()) errors = others;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    errors[i].max_abs_error = std::max(errors[i].max_abs_error, others.at(i).max_abs_error);
    errors[i].max_relative_error = std::max(errors[i].max_relative_error, others[i].max_relative_error);
    errors[i].mean_abs_error = std::max(errors[i].mean_abs_error, others[i].mean_abs_error);
  }
}

int verify(const VerifyCommand& options) {
  const Model model = load(options.model);
  const Model other = other_model(options, model);
  Session session(CompiledModel::compile(other, options.device));
  std::vector<OutputError> exact, on_device;
  std::optional<std::string> first;
  std::vector<Model> looked_at{model};
  if (auto elsewhere = at_other_sizes(model)) looked_at.push_back(std::move(*elsewhere));
  for (const Model& there : looked_at) {
    const Tensors inputs = there.random_inputs(options.seed);
    const Tensors expected = there.reference(inputs);
    const std::vector<OutputError> here = compare(expected, other.reference(inputs));
    if (!first && !within(here, options.tolerance)) first = there.first_difference(other, inputs, options.tolerance);
    take_worse(exact, here);
    take_worse(on_device, compare(expected, session.run(inputs)));
  }
  const bool passed_exact = within(exact, options.tolerance),
             passed_device = within(on_device, options.device_tolerance);
  if (options.json) {
    print_json({{"model", options.model.file},
                {"other", options.other.empty() ? Json() : Json(options.other)},
                {"method", options.other.empty() ? Json(std::string(name_of(options.fold.method))) : Json()},
                {"device", options.device.name},
                {"outputs", json_of(exact)},
                {"device_outputs", json_of(on_device)},
                {"sizes", sizes_json(looked_at.back().sizes())},
                {"tolerance", options.tolerance},
                {"device_tolerance", options.device_tolerance},
                {"first_difference", first ? Json(*first) : Json()},
                {"passed", passed_exact && passed_device}});
  } else {
    Table table({{"output"},
                 {"computed in"},
                 {"max abs", Align::right},
                 {"max relative", Align::right},
                 {"mean abs", Align::right},
                 {""}});
    add_rows(table, "float64", exact, options.tolerance);
    add_rows(table, options.device.name, on_device, options.device_tolerance);
    table.print();
    for (const Model& there : looked_at) print_sizes(there.sizes());
    if (first) fmt::print("first node that differs: {}\n", *first);
  }
  return passed_exact && passed_device ? 0 : 1;
}

}  // namespace

void add_verify(Parser& parser) {
  Command command = parser.command(
      "verify", "Check that a folded network, or another one, computes the same",
      "MODEL in float64 is compared with the other network, in float64 by the reference kernels and on the device, on\n"
      "one seeded random input, at two values of every open size. Without OTHER, MODEL is compared with itself folded. "
      "Errors are relative to the\n"
      "output's largest magnitude. Exit code 1 when one exceeds its tolerance.\n\n"
      "Example:\n  banoff verify resnet20.yaml resnet20-folded.yaml");
  auto options = std::make_shared<VerifyCommand>();
  add_model_options(command, options->model);
  command.option("OTHER", options->other, "Network to compare with (default: MODEL, folded)");
  add_fold_options(command, options->fold);
  add_device_options(command, options->device);
  command.option("--tolerance", options->tolerance, "Largest relative error in float64").not_negative().shows_default();
  command.option("--device-tolerance", options->device_tolerance, "Largest relative error on the device")
      .not_negative()
      .shows_default();
  command.option("--seed", options->seed, "Seed of the input").shows_default();
  add_json_option(command, options->json);
  command.runs([options] { return verify(*options); });
}

}  // namespace banoff::cli
