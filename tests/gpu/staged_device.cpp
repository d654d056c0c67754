#include "tests/gpu/staged_device.hpp"

#include <algorithm>
#include <cstring>

namespace banoff::test {

namespace {

/// Bytes of a value in memory of the host, and what the device keeps of it.
struct Side {
  std::size_t host = 0, device = 0;
  std::optional<std::size_t> count_at;
};

class StagedKernel final : public Kernel {
 public:
  StagedKernel(std::unique_ptr<Kernel> inner, std::shared_ptr<const Device> device, std::vector<Side> in,
               std::vector<Side> out)
      : inner_(std::move(inner)), device_(std::move(device)), in_(std::move(in)), out_(std::move(out)) {}

  void run(const KernelArgs& args) const override {
    const auto stream = device_->make_stream(1);
    std::vector<std::shared_ptr<std::byte>> inputs, outputs;
    std::vector<const std::byte*> from;
    std::vector<std::byte*> to;
    for (std::size_t i = 0; i < in_.size(); ++i) {
      const auto host = stream->host_memory(in_[i].device);
      std::memcpy(host.get(), args.inputs[i], in_[i].host);
      if (in_[i].count_at) std::memcpy(host.get() + *in_[i].count_at, &args.input_counts[i], sizeof(std::int64_t));
      inputs.push_back(device_->allocate(in_[i].device));
      from.push_back(inputs.back().get());
      stream->copy(inputs.back().get(), host.get(), in_[i].device);
      stream->wait();
    }
    for (std::size_t i = 0; i < out_.size(); ++i) {
      const auto shared = std::ranges::find(args.inputs, args.outputs[i]);
      if (shared != args.inputs.end()) {
        outputs.push_back(inputs[static_cast<std::size_t>(shared - args.inputs.begin())]);
        to.push_back(outputs.back().get());
        continue;
      }
      outputs.push_back(device_->allocate(out_[i].device));
      to.push_back(outputs.back().get());
      relay(*stream, to.back(), args.outputs[i], out_[i].host);
    }
    const auto scratch = device_->allocate(inner_->scratch_bytes());
    inner_->run({from, to, args.input_counts, args.output_counts, scratch.get(), args.state, stream.get()});
    stream->wait();
    for (std::size_t i = 0; i < out_.size(); ++i) {
      const auto host = stream->host_memory(out_[i].device);
      stream->copy(host.get(), to[i], out_[i].device);
      stream->wait();
      std::memcpy(args.outputs[i], host.get(), out_[i].host);
      if (out_[i].count_at) std::memcpy(&args.output_counts[i], host.get() + *out_[i].count_at, sizeof(std::int64_t));
    }
  }
  [[nodiscard]] std::string implementation() const override { return inner_->implementation(); }
  [[nodiscard]] bool may_overwrite(int input) const override { return inner_->may_overwrite(input); }

 private:
  /// Old contents too: what a kernel leaves unwritten must show.
  static void relay(Stream& stream, std::byte* to, const std::byte* from, std::size_t bytes) {
    const auto host = stream.host_memory(bytes);
    std::memcpy(host.get(), from, bytes);
    stream.copy(to, host.get(), bytes);
    stream.wait();
  }

  std::unique_ptr<Kernel> inner_;
  std::shared_ptr<const Device> device_;
  std::vector<Side> in_, out_;
};

class StagedDevice final : public Device {
 public:
  explicit StagedDevice(std::shared_ptr<const Device> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] std::string name() const override { return inner_->name(); }
  [[nodiscard]] std::vector<Layout> layouts(const TensorType& type) const override { return inner_->layouts(type); }
  [[nodiscard]] DType storage(DType type) const override { return inner_->storage(type); }
  [[nodiscard]] std::size_t bytes(const TensorType& type, Layout) const override { return side(type).host; }
  [[nodiscard]] Offers offers(const Region& region) const override {
    Offers offers = inner_->offers(region);
    auto* found = std::get_if<std::vector<Offer>>(&offers);
    if (found == nullptr) return offers;
    std::vector<Side> in, out;
    for (const ValueId value : region.inputs) in.push_back(side(region.type(value)));
    for (const ValueId value : region.outputs) out.push_back(side(region.type(value)));
    for (Offer& offer : *found) offer = staged(std::move(offer), in, out);
    return offers;
  }
  [[nodiscard]] Offer reorder(const TensorType& type, Layout from, Layout to) const override {
    return staged(inner_->reorder(type, from, to), {side(type)}, {side(type)});
  }

 private:
  [[nodiscard]] Offer staged(Offer offer, const std::vector<Side>& in, const std::vector<Side>& out) const {
    offer.make = [make = std::move(offer.make), device = inner_, in, out]() -> Compiled {
      Compiled made = make();
      auto* kernel = std::get_if<std::unique_ptr<Kernel>>(&made);
      if (kernel == nullptr) return made;
      return std::make_unique<StagedKernel>(std::move(*kernel), device, in, out);
    };
    return offer;
  }

  [[nodiscard]] Side side(const TensorType& type) const {
    const std::size_t host = static_cast<std::size_t>(type.shape.elements()) * size_of(storage(type.dtype));
    return {host, inner_->bytes(type, Layout::plain), inner_->count_at(type)};
  }

  std::shared_ptr<const Device> inner_;
};

}  // namespace

std::unique_ptr<Device> staged(std::shared_ptr<const Device> device) {
  return std::make_unique<StagedDevice>(std::move(device));
}

}  // namespace banoff::test
