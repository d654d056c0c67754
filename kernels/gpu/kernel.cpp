#include "kernels/gpu/kernel.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::gpu {

DType Context::storage(DType type) const {
  if (held(type) != DType::f32) return type;
  if (options.precision == Precision::fp16) return DType::f16;
  return options.precision == Precision::bf16 ? DType::bf16 : DType::f32;
}

GpuStream::GpuStream(const Backend& backend, std::size_t arena_bytes, bool record)
    : backend_(backend), queue_(backend.make_queue()), arena_(backend.allocate(arena_bytes)), record_(record) {
  queue_->fill_zero(arena_.get(), arena_bytes);
}

std::shared_ptr<std::byte> GpuStream::host_memory(std::size_t bytes) {
  auto memory = backend_.allocate_host(bytes);
  std::fill_n(memory.get(), bytes, std::byte{0});
  return memory;
}

void GpuStream::run(const std::function<void()>& work, std::span<const std::byte* const> memory) {
  if (!record_ || !failure_.empty()) return work();
  const auto known =
      std::ranges::find_if(bindings_, [&](const Binding& b) { return std::ranges::equal(b.memory, memory); });
  if (known == bindings_.end()) {
    // The first run is not recorded: libraries load their code then, which a recording does not allow; and memory that
    // is used once is not worth one.
    if (bindings_.size() == most_bindings) bindings_.pop_back();
    bindings_.insert(bindings_.begin(), Binding{{memory.begin(), memory.end()}, nullptr});
    return work();
  }
  std::rotate(bindings_.begin(), known, known + 1);
  Binding& latest = bindings_.front();
  if (latest.recording == nullptr) {
    try {
      latest.recording = queue_->record(work);
    } catch (const Error& error) {
      failure_ = error.what();
      bindings_.clear();
      queue_->require_usable();
      return work();
    }
  }
  queue_->replay(*latest.recording);
}

std::string GpuStream::note() const {
  return failure_.empty() ? "" : "every kernel is launched by itself: recording them failed: " + failure_;
}

const std::byte* Uploads::add_bytes(std::span<const std::byte> bytes) {
  if (bytes.empty()) return nullptr;
  Memory& memory = memory_.emplace_back(backend_.allocate(bytes.size()));
  const auto queue = backend_.make_queue();
  queue->copy(memory.get(), bytes.data(), bytes.size());
  queue->wait();
  bytes_ += bytes.size();
  return memory.get();
}

const std::byte* Uploads::add(const std::vector<float>& values, DType type) {
  const Tensor tensor = Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values).as(type);
  return add_bytes({tensor.data(), tensor.bytes()});
}

JobOffer job_offer(const Context& context, KernelTraits traits, double cost_us,
                   std::function<JobKernel::Function(Uploads&)> prepare) {
  const auto make = [&context, traits, prepare = std::move(prepare)] {
    Uploads uploads(*context.backend);
    JobKernel::Function function = prepare(uploads);
    return std::make_unique<JobKernel>(traits, uploads, std::move(function));
  };
  return {std::move(traits), cost_us, false, make};
}

double pass_us(const Context& context, const Region& region) {
  double bytes = 0;
  for (const auto* values : {&region.inputs, &region.outputs}) {
    for (const ValueId value : *values) {
      const TensorType& type = region.type(value);
      bytes += static_cast<double>(type.shape.elements()) * static_cast<double>(size_of(context.storage(type.dtype)));
    }
  }
  return pass_us(bytes);
}

std::size_t count_offset(const Context& context, const TensorType& type) {
  const std::size_t bytes = static_cast<std::size_t>(type.shape.elements()) * size_of(context.storage(type.dtype));
  return (bytes + 7) / 8 * 8;
}

Rows rows_of(const Context& context, const TensorType& type, const std::byte* memory) {
  Rows rows{as_int(type.shape[0]), nullptr};
  if (type.bounded) rows.counted = reinterpret_cast<const std::int64_t*>(memory + count_offset(context, type));
  return rows;
}

}  // namespace banoff::gpu
