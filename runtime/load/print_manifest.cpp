#include "runtime/load/manifest.hpp"
#include "runtime/load/manifest_fields.hpp"

namespace banoff {

namespace {

/// The fields that differ from a default-made section's, those in `always`, and required ones.
std::string print_section(const FieldPrinter& section, const FieldPrinter& standard, std::string_view always) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < section.fields.size(); ++i) {
    const FieldPrinter::Field& field = section.fields[i];
    if (field.is_required || field.key == always || field.text != standard.fields[i].text) {
      parts.push_back(fmt::format("{}: {}", field.key, field.text));
    }
  }
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

std::string print_preprocess(const Preprocess& preprocess) {
  FieldPrinter printer, standard;
  preprocess_fields(printer, preprocess);
  const Preprocess unset;
  preprocess_fields(standard, unset);
  return fmt::format("  {}: {}\n", yaml_literal(preprocess.input), print_section(printer, standard, "fit"));
}

std::string print_task(const Task& task) {
  FieldPrinter printer, standard;
  task_fields(printer, task);
  const Task unset;
  task_fields(standard, unset);
  return print_section(printer, standard, {});
}

}  // namespace

std::string print_manifest(const Manifest& manifest) {
  std::string out;
  if (!manifest.preprocess.empty()) out += "preprocess:\n";
  for (const Preprocess& preprocess : manifest.preprocess) out += print_preprocess(preprocess);
  if (manifest.task.kind != TaskKind::none) out += "task: " + print_task(manifest.task) + "\n";
  return out;
}

}  // namespace banoff
