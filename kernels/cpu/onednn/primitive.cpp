#include "kernels/cpu/onednn/primitive.hpp"

#include <algorithm>
#include <limits>

#include "runtime/core/by_enum.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::onednn {

namespace {

using Tag = dnnl::memory::format_tag;

void check(dnnl_status_t status) {
  if (status != dnnl_success) fail_internal("oneDNN failed with status {}", static_cast<int>(status));
}

/// Memory objects hold data pointers: one set per session. A pointer is handed to the library only when it changes.
class PrimitiveState final : public KernelState {
 public:
  PrimitiveState(const dnnl::engine& engine, const PrimitiveParts& parts) : stream_(engine) {
    for (const auto& [argument, memory] : parts.constants) arguments_.push_back({argument, memory->get()});
    for (const Binding& binding : parts.inputs) add(engine, binding.argument, binding.md);
    add(engine, parts.output_argument, parts.output);
    if (parts.scratchpad.get_size() != 0) add(engine, DNNL_ARG_SCRATCHPAD, parts.scratchpad);
  }

  /// Memory `index` in the order above, constants not counted.
  void point(std::size_t index, const std::byte* data) {
    if (pointers_[index] == data) return;
    memories_[index].set_data_handle(const_cast<std::byte*>(data));
    pointers_[index] = data;
  }
  void execute(const dnnl::primitive& primitive) const {
    check(
        dnnl_primitive_execute(primitive.get(), stream_.get(), static_cast<int>(arguments_.size()), arguments_.data()));
  }

 private:
  void add(const dnnl::engine& engine, int argument, const Md& md) {
    memories_.push_back(dnnl::memory(md, engine, DNNL_MEMORY_NONE));
    pointers_.push_back(nullptr);
    arguments_.push_back({argument, memories_.back().get()});
  }

  dnnl::stream stream_;
  std::vector<dnnl::memory> memories_;
  std::vector<const std::byte*> pointers_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

class PrimitiveKernel final : public Kernel {
 public:
  PrimitiveKernel(dnnl::engine engine, PrimitiveParts parts) : engine_(std::move(engine)), parts_(std::move(parts)) {}

  [[nodiscard]] std::unique_ptr<KernelState> make_state() const override {
    const auto name = [this] { return implementation(); };
    return translated(name, [&] { return std::make_unique<PrimitiveState>(engine_, parts_); });
  }
  void run(const KernelArgs& args) const override {
    auto* state = dynamic_cast<PrimitiveState*>(args.state);
    if (state == nullptr) fail_internal("a oneDNN kernel was run without the state it made");
    const auto name = [this] { return implementation(); };
    translated(name, [&] {
      std::size_t i = 0;
      for (const Binding& binding : parts_.inputs) state->point(i++, args.inputs[binding.input]);
      state->point(i++, args.outputs[0]);
      if (scratch_bytes() != 0) state->point(i++, args.scratch);
      state->execute(parts_.primitive);
    });
  }
  [[nodiscard]] std::size_t scratch_bytes() const override { return parts_.scratchpad.get_size(); }
  [[nodiscard]] std::string implementation() const override { return parts_.implementation; }
  [[nodiscard]] std::size_t weight_bytes() const override {
    std::size_t bytes = 0;
    for (const auto& [argument, memory] : parts_.constants) bytes += memory->get_desc().get_size();
    return bytes;
  }
  [[nodiscard]] int in_place_input() const override { return parts_.in_place; }

 private:
  dnnl::engine engine_;
  PrimitiveParts parts_;
};

Dims dims_of(const Shape& shape) {
  if (shape.rank() == 3) return {shape[0], shape[1], 1, shape[2]};
  return {shape.begin(), shape.end()};
}

}  // namespace

Md descriptor(const Shape& shape, Layout layout) { return descriptor_of(dnnl::memory::data_type::f32, shape, layout); }

Md float_descriptor(const TensorType& type, Layout layout) {
  if (!type.stored) return descriptor(type.shape, layout);
  if (type.stored->type != DType::bf16) throw Refused{"numbers on a grid, where floats are expected"};
  return descriptor_of(dnnl::memory::data_type::bf16, type.shape, layout);
}

Md descriptor_of(dnnl::memory::data_type type, const Shape& shape, Layout layout) {
  static constexpr Tag tags[4][2] = {
      {Tag::nchw, Tag::ncdhw}, {Tag::nhwc, Tag::ndhwc}, {Tag::nChw8c, Tag::nCdhw8c}, {Tag::nChw16c, Tag::nCdhw16c}};
  const Dims dims = dims_of(shape);
  constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();
  if (std::ranges::any_of(dims, [](std::int64_t size) { return size > largest; }))
    throw Refused{"size " + shape.str() + ", of which oneDNN takes 32 bits in each dimension"};
  if (dims.size() == 1) return {dims, type, Tag::a};
  if (dims.size() == 2) return {dims, type, Tag::ab};
  if (dims.size() > 5) throw Refused{"rank " + std::to_string(dims.size())};
  return {dims, type, row_for(tags, layout)[dims.size() - 4]};
}

std::unique_ptr<Kernel> primitive_kernel(const Context& context, PrimitiveParts parts) {
  return std::make_unique<PrimitiveKernel>(context.engine, std::move(parts));
}

PackedPtr packed(const Context& context, std::span<const float> values, const Md& given, const Md& wanted) {
  return context.weights->get(values, {given, wanted}, [&] {
    dnnl::memory from(given, context.engine, const_cast<float*>(values.data()));
    dnnl::memory to(wanted, context.engine);
    dnnl::stream stream(context.engine);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return std::make_shared<const dnnl::memory>(std::move(to));
  });
}

dnnl::primitive_attr attributes(const dnnl::post_ops& ops) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attr.set_post_ops(ops);
  return attr;
}

bool is_slow(const std::string& implementation) {
  return implementation.find("ref") != std::string::npos || implementation.find("gemm") != std::string::npos;
}

}  // namespace banoff::onednn
