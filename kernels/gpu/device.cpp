// The gpu device: which family of kernels a region goes to, and what every kernel needs around it.
#include <algorithm>

#include "kernels/gpu/kernels.hpp"
#include "kernels/gpu/tuner.hpp"
#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::gpu {

namespace {

template <class T, class... Others>
constexpr bool one_of = (std::is_same_v<T, Others> || ...);

/// Passes the number of rows along on the device, for kernels that do not make one up.
struct CountPass {
  std::size_t output = 0;
  std::size_t input = 0;
  std::size_t from = 0, to = 0;  ///< offsets of the numbers
};

class GpuKernel final : public Kernel {
 public:
  GpuKernel(Made kernel, std::vector<std::int64_t> capacities, std::vector<CountPass> passes,
            std::shared_ptr<const Backend> backend)
      : kernel_(std::move(kernel)),
        capacities_(std::move(capacities)),
        passes_(std::move(passes)),
        backend_(std::move(backend)) {}

  void run(const KernelArgs& args) const override {
    // What a bounded value holds is known on the device alone: here its capacity is passed along.
    std::ranges::copy(capacities_, args.output_counts.begin());
    if (args.stream != nullptr) return queue(args, static_cast<GpuStream&>(*args.stream).queue());
    const auto own = backend_->make_queue();
    queue(args, *own);
    own->wait();
  }
  [[nodiscard]] std::size_t scratch_bytes() const override { return kernel_->traits().scratch_bytes; }
  [[nodiscard]] std::string implementation() const override { return kernel_->traits().name; }
  [[nodiscard]] double tuned_us() const override { return kernel_->traits().tuned_us; }
  [[nodiscard]] std::size_t weight_bytes() const override { return kernel_->weight_bytes(); }
  [[nodiscard]] bool may_overwrite(int input) const override {
    return std::ranges::find(kernel_->traits().overwrites, input) != kernel_->traits().overwrites.end();
  }
  [[nodiscard]] bool streams_input(int input) const override {
    return std::ranges::find(kernel_->traits().streams, input) != kernel_->traits().streams.end();
  }
  [[nodiscard]] bool streams_output() const override { return kernel_->traits().streams_output; }

 private:
  void queue(const KernelArgs& args, Queue& queue) const {
    kernel_->queue(args, queue);
    for (const CountPass& pass : passes_) {
      CountRows job;
      job.rows.counted = reinterpret_cast<const std::int64_t*>(args.inputs[pass.input] + pass.from);
      job.y = reinterpret_cast<std::int64_t*>(args.outputs[pass.output] + pass.to);
      queue.launch(job);
    }
  }

  Made kernel_;
  std::vector<std::int64_t> capacities_;
  std::vector<CountPass> passes_;
  std::shared_ptr<const Backend> backend_;
};

class GpuDevice final : public Device {
 public:
  GpuDevice(std::shared_ptr<const Backend> backend, const Options& options)
      : context_{backend, options, std::make_shared<Tuner>(backend, options.tuning_file, options.tune)} {}

  [[nodiscard]] std::string name() const override {
    return fmt::format("gpu ({}, {})", context_.backend->name(), banoff::name_of(context_.options.precision));
  }
  [[nodiscard]] std::vector<Layout> layouts(const TensorType& type) const override {
    const std::size_t rank = type.shape.rank();
    if (held(type.dtype) != DType::f32 || rank < 3 || rank > 5) return {Layout::plain};
    return {Layout::channels_last, Layout::plain};
  }
  [[nodiscard]] DType storage(DType type) const override { return context_.storage(type); }
  [[nodiscard]] std::size_t bytes(const TensorType& type, Layout layout) const override {
    if (layout != Layout::plain && layout != Layout::channels_last) fail_internal("no layout {}", name_of(layout));
    const auto size = static_cast<std::int64_t>(size_of(storage(type.dtype)));
    const auto bytes = static_cast<std::size_t>(checked_mul(type.shape.elements(), size));
    return type.bounded ? count_offset(context_, type) + sizeof(std::int64_t) : bytes;
  }
  [[nodiscard]] std::optional<std::size_t> count_at(const TensorType& type) const override {
    return type.bounded ? std::optional(count_offset(context_, type)) : std::nullopt;
  }

  [[nodiscard]] Offers offers(const Region& region) const override {
    return attempt<Offers>([&] {
      std::vector<Offer> result;
      for (JobOffer& offer : gpu::offers(context_, region)) {
        std::vector<std::int64_t> capacities;
        std::vector<CountPass> passes;
        for (std::size_t i = 0; i < region.outputs.size(); ++i) {
          const TensorType& type = region.type(region.outputs[i]);
          capacities.push_back(capacity(type));
          if (type.bounded && !offer.traits.counts_rows) passes.push_back(pass_to(region, i));
        }
        result.push_back(finished(std::move(offer), std::move(capacities), std::move(passes)));
      }
      return result;
    });
  }

  [[nodiscard]] Offer reorder(const TensorType& type, Layout from, Layout to) const override {
    std::vector<CountPass> passes;
    if (type.bounded) passes.push_back({0, 0, count_offset(context_, type), count_offset(context_, type)});
    return finished(gpu::reorder(context_, type, from, to), {capacity(type)}, std::move(passes));
  }

  [[nodiscard]] std::unique_ptr<Stream> make_stream(std::size_t arena_bytes) const override {
    return std::make_unique<GpuStream>(*context_.backend, std::max<std::size_t>(arena_bytes, 1),
                                       context_.options.record);
  }
  [[nodiscard]] std::shared_ptr<std::byte> allocate(std::size_t bytes) const override {
    return context_.backend->allocate(std::max<std::size_t>(bytes, 1));
  }
  [[nodiscard]] Tensor keep(const Tensor& tensor) const override {
    const Memory memory = allocate(tensor.bytes());
    const auto queue = context_.backend->make_queue();
    queue->copy(memory.get(), tensor.data(), tensor.bytes());
    queue->wait();
    return {tensor.dtype(), tensor.shape(), memory};
  }

 private:
  static std::int64_t capacity(const TensorType& type) { return type.shape.rank() == 0 ? 1 : type.shape[0]; }

  [[nodiscard]] Offer finished(JobOffer offer, std::vector<std::int64_t> capacities,
                               std::vector<CountPass> passes) const {
    const auto make = [make = std::move(offer.make), capacities = std::move(capacities), passes = std::move(passes),
                       backend = context_.backend] {
      return attempt<Compiled>(
          [&]() -> Compiled { return std::make_unique<GpuKernel>(make(), capacities, passes, backend); });
    };
    return {std::move(offer.traits.name), offer.cost_us, offer.slow, make};
  }

  /// A bounded output has as many rows as the first bounded input.
  [[nodiscard]] CountPass pass_to(const Region& region, std::size_t output) const {
    for (std::size_t i = 0; i < region.inputs.size(); ++i) {
      const TensorType& type = region.type(region.inputs[i]);
      if (type.bounded)
        return {output, i, count_offset(context_, type), count_offset(context_, region.type(region.outputs[output]))};
    }
    throw Refused{"rows that are counted from nothing"};
  }

  Context context_;
};

}  // namespace

std::vector<JobOffer> offers_of(std::initializer_list<Family> families, const Context& context, const Region& region) {
  std::vector<JobOffer> result;
  std::optional<Refused> why;
  for (const Family family : families) {
    try {
      result.push_back(family(context, region));
    } catch (const Refused& refused) {
      why = refused;
    }
  }
  if (result.empty()) throw Refused(*why);
  return result;
}

std::vector<JobOffer> offers(const Context& context, const Region& region) {
  const Op& head = region.node(0).op;
  if (std::holds_alternative<Conv>(head) || std::holds_alternative<ConvTranspose>(head))
    return convolution(context, region);
  if (std::holds_alternative<Concat>(head) || std::holds_alternative<Split>(head))
    return offers_of({slices, movement}, context, region);
  if (std::holds_alternative<GlobalPool>(head) || std::holds_alternative<Reduce>(head))
    return offers_of({lane_summary, summary}, context, region);
  const bool floats = region.inputs.empty() || held(region.type(region.inputs[0]).dtype) == DType::f32;
  const auto family = std::visit(
      [floats]<class T>(const T&) -> Family {
        if constexpr (std::is_same_v<T, Dense>) return dense;
        else if constexpr (std::is_same_v<T, MatMul>) return matrix_product;
        else if constexpr (one_of<T, Pool, AdaptiveAvgPool>) return pool;
        else if constexpr (std::is_same_v<T, ArgReduce>) return arg_reduce;
        else if constexpr (one_of<T, Unary, Compare, Pair, Where>) return function;
        else if constexpr (std::is_same_v<T, Binary>) return floats ? pointwise : function;
        else if constexpr (one_of<T, banoff::Gather, GatherElements>) return take;
        else if constexpr (std::is_same_v<T, Resize>) return resize;
        else if constexpr (std::is_same_v<T, Softmax>) return softmax;
        else if constexpr (std::is_same_v<T, GroupNorm>) return group_norm;
        else if constexpr (std::is_same_v<T, LayerNorm>) return layer_norm;
        else if constexpr (std::is_same_v<T, Lrn>) return local_response;
        else if constexpr (std::is_same_v<T, Cast>) return convert;
        else if constexpr (one_of<T, Quantize, Dequantize>) return regrid;
        else if constexpr (one_of<T, DecodeBoxes, Nms, RoiAlign, PickChannel>) return detection;
        else if constexpr (one_of<T, Slice, ChannelShuffle, Reshape, Transpose, Flatten, Squeeze, Unsqueeze, Pad,
                                  Expand, Identity>)
          return movement;
        else return pointwise;
      },
      head);
  return {family(context, region)};
}

std::unique_ptr<Device> device(std::shared_ptr<const Backend> backend, const Options& options) {
  const bool half = options.precision == Precision::fp16 || options.precision == Precision::bf16;
  const DType type = options.precision == Precision::fp16 ? DType::f16 : DType::bf16;
  if (half && !backend->has(type))
    fail(ErrorKind::refused, "{} does not compute in {}", backend->name(), banoff::name_of(options.precision));
  return std::make_unique<GpuDevice>(std::move(backend), options);
}

}  // namespace banoff::gpu
