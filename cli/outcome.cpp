#include "cli/outcome.hpp"

#include <algorithm>

namespace banoff::cli {

namespace {

std::vector<StepInfo> steps_of(const Model& model, const DeviceOptions& device) {
  if (!model.unsupported().empty()) return {};
  try {
    return CompiledModel::compile(model, device).info().steps;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::refused) throw;
    return {};
  }
}

}  // namespace

Outcomes::Outcomes(const FoldReport& report, const Model& folded, const DeviceOptions& device) {
  if (report.folded() == report.norms.size()) return;
  for (const StepInfo& step : steps_of(folded, device)) {
    if (step.nodes.size() < 2) continue;
    for (const FoldedNorm& norm : report.norms) {
      if (norm.folded || std::ranges::count(step.nodes, norm.name) == 0) continue;
      std::vector<std::string> others = step.nodes;
      std::erase(others, norm.name);
      company_[norm.name] = std::move(others);
    }
  }
}

std::string_view Outcomes::of(const FoldedNorm& norm) const {
  if (norm.folded) return norm.clamp ? "clamp" : "folded";
  return company_.contains(norm.name) ? "fused" : "left";
}

std::vector<std::string> Outcomes::company(const FoldedNorm& norm) const {
  const auto found = company_.find(norm.name);
  return found == company_.end() ? std::vector<std::string>{} : found->second;
}

}  // namespace banoff::cli
