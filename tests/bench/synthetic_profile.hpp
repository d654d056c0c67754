// A profile made of numbers.
#pragma once

#include "bench/profile/profile.hpp"

inline banoff::bench::ProfiledStep synthetic_step(std::vector<std::string> nodes, const std::string& kind, double us,
                                                  std::int64_t flops, std::size_t bytes) {
  banoff::bench::ProfiledStep each{{}, {us, us * 1.25}};
  for (const std::string& node : nodes) each.step.label += (each.step.label.empty() ? "" : " + ") + node;
  if (nodes.empty()) each.step.label = kind + " b";
  each.step.ops.assign(nodes.size(), kind);
  each.step.nodes = std::move(nodes);
  each.step.kind = kind;
  each.step.implementation = kind == "relu" ? "loop" : "jit";
  each.step.layouts = "nchw -> nchw";
  each.step.outputs = {{"y", banoff::DType::f32, {1, 2, 3}, false, false, {}}};
  each.step.flops = flops;
  each.step.bytes = bytes;
  return each;
}

/// Four kernels of 100 us in all, against a machine of 200 GFLOP/s and 10 GB/s.
inline banoff::bench::Profile synthetic_profile() {
  banoff::bench::Profile p;
  p.model = "net";
  p.method = "optimal";
  p.activations = "auto";
  p.norms = "fused";
  p.device = "cpu";
  p.batch = 3;
  p.ceilings = {2, 256, 200, 10};
  p.steps = {synthetic_step({"a"}, "conv", 60, 3'000'000, 30'000), synthetic_step({"b", "c"}, "relu", 10, 1000, 1000),
             synthetic_step({}, "reorder", 10, 0, 30'000), synthetic_step({"d<"}, "relu", 20, 1000, 2000)};
  p.runs = 7;
  p.run = {80, 90};
  p.profiled_run = {110, 130};
  return p;
}
