#include "tests/op_cases/check_device.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/core/fail.hpp"
#include "runtime/plan/offers.hpp"

namespace banoff::test {

namespace {

constexpr std::size_t guard = 64;
constexpr std::size_t alignment = 64;
constexpr std::byte guard_byte{0xA5};

/// Aligned memory between two rows of guard bytes.
class Guarded {
 public:
  Guarded(std::size_t size, std::byte fill) : size_(size), storage_(size + 2 * guard + alignment, guard_byte) {
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data()) + guard;
    start_ = guard + (alignment - address % alignment) % alignment;
    std::fill_n(data(), size_, fill);
  }
  Guarded(std::size_t size, const std::byte* contents) : Guarded(size, guard_byte) {
    std::memcpy(data(), contents, size);
  }
  Guarded(Guarded&&) = default;
  Guarded& operator=(Guarded&&) = default;

  [[nodiscard]] std::byte* data() { return storage_.data() + start_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {storage_.data() + start_, size_}; }
  [[nodiscard]] bool intact() const {
    const auto is_guard = [](std::byte b) { return b == guard_byte; };
    return std::all_of(storage_.begin(), storage_.begin() + static_cast<std::ptrdiff_t>(start_), is_guard) &&
           std::all_of(storage_.begin() + static_cast<std::ptrdiff_t>(start_ + size_), storage_.end(), is_guard);
  }

 private:
  std::size_t size_;
  std::size_t start_ = 0;
  std::vector<std::byte> storage_;
};

struct Ran {
  std::vector<Guarded> outputs;
  std::vector<std::int64_t> counts;
  std::string complaint;  ///< empty: memory was respected
};

std::int64_t rows(const TensorType& type) { return type.shape.rank() == 0 ? 1 : type.shape[0]; }

/// One run with outputs and scratch memory full of `fill`; output 0 has the memory of input `overwritten`, if there is
/// one.
Ran run_once(const Kernel& kernel, const std::vector<Guarded>& inputs, const std::vector<std::int64_t>& in_counts,
             const std::vector<std::size_t>& out_bytes, std::byte fill, int overwritten) {
  std::vector<Guarded> in;
  for (const Guarded& input : inputs) in.emplace_back(input.bytes().size(), input.bytes().data());
  Ran ran;
  for (const std::size_t bytes : out_bytes) ran.outputs.emplace_back(bytes, fill);
  Guarded scratch(kernel.scratch_bytes(), fill);
  std::vector<const std::byte*> in_memory;
  std::vector<std::byte*> out_memory;
  for (Guarded& input : in) in_memory.push_back(input.data());
  for (Guarded& output : ran.outputs) out_memory.push_back(output.data());
  if (overwritten != none) {
    const auto shared = static_cast<std::size_t>(overwritten);
    std::memcpy(out_memory[0], in_memory[shared], std::min(out_bytes[0], inputs[shared].bytes().size()));
    in_memory[shared] = out_memory[0];
  }
  ran.counts.assign(out_memory.size(), -1);
  const auto state = kernel.make_state();
  kernel.run({in_memory, out_memory, in_counts, ran.counts, scratch.data(), state.get()});
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!in[i].intact() || !std::ranges::equal(in[i].bytes(), inputs[i].bytes())) ran.complaint = "writes to an input";
  }
  const auto damaged = [](const Guarded& memory) { return !memory.intact(); };
  if (std::ranges::any_of(ran.outputs, damaged)) ran.complaint = "writes outside an output";
  if (!scratch.intact()) ran.complaint = "writes outside its scratch memory";
  return ran;
}

/// Two runs on memory with different contents: whatever differs was not written, or was read before.
Ran run_twice(const Kernel& kernel, const std::vector<Guarded>& inputs, const std::vector<std::int64_t>& in_counts,
              const std::vector<std::size_t>& out_bytes) {
  Ran first = run_once(kernel, inputs, in_counts, out_bytes, std::byte{0xFF}, kernel.in_place_input());
  const Ran second = run_once(kernel, inputs, in_counts, out_bytes, std::byte{0}, kernel.in_place_input());
  for (std::size_t i = 0; i < out_bytes.size() && first.complaint.empty(); ++i) {
    if (!std::ranges::equal(first.outputs[i].bytes(), second.outputs[i].bytes())) {
      first.complaint = fmt::format("leaves part of output {} unwritten, or reads memory it did not write", i);
    }
  }
  return first;
}

Guarded relaid(const Device& device, const TensorType& type, Guarded&& memory, Layout from, Layout to,
               std::string& complaint) {
  if (from == to) return std::move(memory);
  const auto kernel = make_kernel(device.reorder(type, from, to));
  std::vector<Guarded> inputs;
  inputs.push_back(std::move(memory));
  Ran ran = run_twice(*kernel, inputs, {rows(type)}, {device.bytes(type, to)});
  if (!ran.complaint.empty()) complaint = fmt::format("reorder {} to {} {}", name_of(from), name_of(to), ran.complaint);
  return std::move(ran.outputs[0]);
}

class Checker {
 public:
  Checker(const Device& device, double tolerance, bool slow_too)
      : device_(device), tolerance_(tolerance), slow_too_(slow_too) {}

  DeviceReport report;

  void check(const OpCase& op_case) {
    const std::vector<TensorType> types = infer_types(op_case.graph);
    const Node& node = op_case.graph.nodes[0];
    for (const Layout in : offered(types, node.inputs)) {
      for (const Layout out : offered(types, node.outputs)) {
        const std::string label = fmt::format("{} ({} to {})", op_case.name, name_of(in), name_of(out));
        try {
          check(op_case, types, in, out, label);
        } catch (const std::exception& error) {
          report.failures.push_back(fmt::format("{}: throws: {}", label, error.what()));
          report.threw = true;
        }
      }
    }
  }

 private:
  [[nodiscard]] std::set<Layout> offered(const std::vector<TensorType>& types,
                                         const std::vector<ValueId>& values) const {
    std::set<Layout> all;
    for (const ValueId value : values) {
      for (const Layout layout : device_.layouts(types[static_cast<std::size_t>(value)])) all.insert(layout);
    }
    if (all.empty()) all.insert(Layout::plain);
    return all;
  }

  /// The wanted layout where the device offers it for this value, else the plain one.
  [[nodiscard]] std::vector<Layout> chosen(const Region& region, const std::vector<ValueId>& values,
                                           Layout wanted) const {
    std::vector<Layout> result;
    for (const ValueId value : values) {
      const auto known = device_.layouts(region.type(value));
      result.push_back(std::ranges::find(known, wanted) == known.end() ? Layout::plain : wanted);
    }
    return result;
  }

  void check(const OpCase& op_case, const std::vector<TensorType>& types, Layout in, Layout out,
             const std::string& label) {
    const Node& node = op_case.graph.nodes[0];
    Region region;
    region.graph = &op_case.graph;
    region.types = &types;
    region.nodes = {0};
    region.inputs = node.inputs;
    region.outputs = node.outputs;
    region.input_layouts = chosen(region, region.inputs, in);
    region.output_layouts = chosen(region, region.outputs, out);
    const Entered entered(device_);
    const Offers offers = device_.offers(region);
    if (const auto* refusal = std::get_if<Refusal>(&offers)) {
      report.refusals[refusal->reason].push_back(label);
      return;
    }
    for (const Offer& offer : std::get<std::vector<Offer>>(offers)) {
      if (!offer.slow || slow_too_) check(op_case, region, label, offer);
    }
  }

  void check(const OpCase& op_case, const Region& region, const std::string& label, const Offer& offer) {
    const Compiled made = offer.make();
    if (const auto* refusal = std::get_if<Refusal>(&made)) {
      report.refusals[refusal->reason].push_back(label);
      return;
    }
    const Kernel& kernel = *std::get<std::unique_ptr<Kernel>>(made);
    ++report.implementations[kernel.implementation()];
    if (kernel.implementation() != offer.implementation) report.renamed.insert(offer.implementation);
    report.computed.insert(op_case.name);
    std::string complaint;
    const double error = error_of(op_case, run(region, op_case, kernel, complaint));
    report.worst_error = std::max(report.worst_error, error);
    if (!complaint.empty())
      report.failures.push_back(fmt::format("{} {}: {}", label, kernel.implementation(), complaint));
    else if (!(error <= tolerance_))
      report.failures.push_back(fmt::format("{} {}: error {}", label, kernel.implementation(), error));
  }

  std::map<std::string, Tensor> run(const Region& region, const OpCase& op_case, const Kernel& kernel,
                                    std::string& complaint) {
    std::vector<Guarded> inputs;
    std::vector<std::int64_t> counts;
    for (std::size_t i = 0; i < region.inputs.size(); ++i) {
      const TensorType& type = region.type(region.inputs[i]);
      const Tensor tensor = op_case.inputs.at(fmt::format("in{}", i)).as(device_.storage(type.dtype));
      if (device_.bytes(type, Layout::plain) != tensor.bytes())
        fail_internal("{}: input {} has another size", op_case.name, i);
      inputs.push_back(relaid(device_, type, Guarded(tensor.bytes(), tensor.data()), Layout::plain,
                              region.input_layouts[i], complaint));
      counts.push_back(rows(type));
    }
    std::vector<std::size_t> bytes;
    for (std::size_t i = 0; i < region.outputs.size(); ++i) {
      bytes.push_back(device_.bytes(region.type(region.outputs[i]), region.output_layouts[i]));
    }
    Ran ran = run_twice(kernel, inputs, counts, bytes);
    if (!ran.complaint.empty()) complaint = ran.complaint;
    for (std::size_t i = 0; i < inputs.size() && complaint.empty() && kernel.in_place_input() == none; ++i) {
      if (!kernel.may_overwrite(static_cast<int>(i)) || inputs[i].bytes().size() != bytes[0]) continue;
      complaint = overwrite(kernel, inputs, counts, bytes, static_cast<int>(i), ran);
    }
    std::map<std::string, Tensor> result;
    for (std::size_t i = 0; i < region.outputs.size(); ++i) {
      const TensorType& type = region.type(region.outputs[i]);
      const Guarded plain =
          relaid(device_, type, std::move(ran.outputs[i]), region.output_layouts[i], Layout::plain, complaint);
      Shape shape = type.shape;
      if (type.bounded) shape[0] = std::clamp<std::int64_t>(ran.counts[i], 0, shape[0]);
      else if (ran.counts[i] != rows(type))
        complaint = fmt::format("says that output {} has {} rows", i, ran.counts[i]);
      auto [tensor, data] = Tensor::allocate(device_.storage(type.dtype), shape);
      std::memcpy(data, plain.bytes().data(), tensor.bytes());
      result[fmt::format("out{}", i)] = tensor;
    }
    return result;
  }

  /// What is wrong when output 0 shares the memory of an input, as the planner lets it where nobody needs that any
  /// more.
  std::string overwrite(const Kernel& kernel, const std::vector<Guarded>& inputs,
                        const std::vector<std::int64_t>& counts, const std::vector<std::size_t>& bytes, int input,
                        const Ran& apart) {
    ++report.overwriting[kernel.implementation()];
    const Ran shared = run_once(kernel, inputs, counts, bytes, std::byte{0}, input);
    if (!shared.complaint.empty()) return fmt::format("{} when it overwrites input {}", shared.complaint, input);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (!std::ranges::equal(shared.outputs[i].bytes(), apart.outputs[i].bytes()))
        return fmt::format("computes something else when it overwrites input {}", input);
    }
    return shared.counts == apart.counts ? "" : fmt::format("counts otherwise when it overwrites input {}", input);
  }

  const Device& device_;
  double tolerance_;
  bool slow_too_;
};

}  // namespace

std::vector<std::string> DeviceReport::uncovered(const std::vector<OpCase>& cases) const {
  std::vector<std::string> names;
  for (const OpCase& op_case : cases) {
    if (!computed.contains(op_case.name)) names.push_back(op_case.name);
  }
  return names;
}

DeviceReport check_device(const Device& device, const std::vector<OpCase>& cases, double tolerance, bool slow_too) {
  Checker checker(device, tolerance, slow_too);
  for (const OpCase& op_case : cases) checker.check(op_case);
  return std::move(checker.report);
}

}  // namespace banoff::test
