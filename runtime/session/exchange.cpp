#include "runtime/session/exchange.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

/// Whether the buffer's storage is read by one kernel only, which streams it, and written by none.
bool is_streamed_input(const Plan& plan, std::int32_t buffer) {
  const auto storage = plan.buffer(buffer).storage;
  const auto inside = [&](std::int32_t other) { return plan.buffer(other).storage == storage; };
  if (plan.type(buffer).bounded || std::ranges::any_of(plan.output_buffers, inside)) return false;
  if (std::ranges::count_if(plan.input_buffers, inside) != 1) return false;
  int readers = 0;
  for (const Step& step : plan.steps) {
    if (std::ranges::any_of(step.outputs, inside)) return false;
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      if (!inside(step.inputs[i])) continue;
      if (++readers > 1 || !step.kernel->streams_input(static_cast<int>(i))) return false;
    }
  }
  return readers == 1;
}

/// Whether the buffer's storage is written by one kernel only, which streams it, and read by none.
bool is_streamed_output(const Plan& plan, std::int32_t buffer) {
  const auto storage = plan.buffer(buffer).storage;
  const auto inside = [&](std::int32_t other) { return plan.buffer(other).storage == storage; };
  if (plan.type(buffer).bounded || std::ranges::any_of(plan.input_buffers, inside)) return false;
  if (std::ranges::count_if(plan.output_buffers, inside) != 1) return false;
  int writers = 0;
  for (const Step& step : plan.steps) {
    if (std::ranges::any_of(step.inputs, inside)) return false;
    for (const std::int32_t output : step.outputs) {
      if (!inside(output)) continue;
      if (++writers > 1 || step.outputs.size() > 1 || output != buffer || !step.kernel->streams_output()) return false;
    }
  }
  return writers == 1;
}

}  // namespace

Exchange::Exchange(const Plan& plan, Stream& stream) : plan_(plan), stream_(stream) {
  const auto mirror = [&](std::int32_t buffer) {
    const TensorType& type = plan.type(buffer);
    const std::size_t bytes =
        static_cast<std::size_t>(type.shape.elements()) * size_of(plan.device->storage(type.dtype));
    const std::size_t device_bytes = plan.storage_of(buffer).bytes;
    return Mirror{buffer,       stream.host_memory(device_bytes), nullptr, bytes,
                  device_bytes, plan.device->count_at(type),      false};
  };
  for (const std::int32_t buffer : plan.input_buffers) {
    inputs_.push_back(mirror(buffer));
    inputs_.back().streamed = is_streamed_input(plan, buffer);
  }
  for (const std::int32_t buffer : plan.output_buffers) {
    outputs_.push_back(mirror(buffer));
    outputs_.back().streamed = is_streamed_output(plan, buffer);
  }
}

Exchange::Mirror& Exchange::mirror_of(std::int32_t buffer) {
  for (auto* mirrors : {&inputs_, &outputs_}) {
    const auto found = std::ranges::find(*mirrors, buffer, &Mirror::buffer);
    if (found != mirrors->end()) return *found;
  }
  fail_internal("buffer {} is neither input nor output", buffer);
}

std::span<std::byte> Exchange::host(std::int32_t buffer) {
  const Mirror& mirror = mirror_of(buffer);
  if (mirror.bound != nullptr) return {mirror.bound, mirror.bytes};
  if (mirror.memory == nullptr) return {};
  return {mirror.memory.get(), mirror.bytes};
}

void Exchange::bind_host(std::int32_t buffer, std::byte* memory) {
  Mirror& mirror = mirror_of(buffer);
  if (mirror.memory == nullptr) fail_usage("an input or output bound to memory of the device stays there");
  mirror.bound = memory;
}

void Exchange::bind_device(std::int32_t buffer) {
  Mirror& mirror = mirror_of(buffer);
  mirror.memory = nullptr;
  mirror.bound = nullptr;
}

void Exchange::collect(const std::function<std::int64_t&(std::int32_t)>& count_of) {
  for (const Mirror& mirror : inputs_) {
    if (mirror.memory == nullptr) continue;
    if (mirror.bound != nullptr) std::memcpy(mirror.memory.get(), mirror.bound, mirror.bytes);
    if (mirror.count_at) {
      std::memcpy(mirror.memory.get() + *mirror.count_at, &count_of(mirror.buffer), sizeof(std::int64_t));
    }
  }
}

std::byte* Exchange::on_device(const Mirror& mirror, const std::vector<std::byte*>& storage) const {
  return storage[static_cast<std::size_t>(plan_.buffer(mirror.buffer).storage)];
}

void Exchange::queue_inputs(const std::vector<std::byte*>& storage) {
  for (const Mirror& mirror : inputs_) {
    if (mirror.memory == nullptr || mirror.streamed) continue;
    stream_.copy(on_device(mirror, storage), mirror.memory.get(), mirror.device_bytes);
  }
}

void Exchange::queue_outputs(const std::vector<std::byte*>& storage) {
  for (const Mirror& mirror : outputs_) {
    if (mirror.memory == nullptr || mirror.streamed) continue;
    stream_.copy(mirror.memory.get(), on_device(mirror, storage), mirror.device_bytes);
  }
}

void Exchange::deliver(const std::function<std::int64_t&(std::int32_t)>& count_of) {
  for (const Mirror& mirror : outputs_) {
    if (mirror.memory == nullptr) continue;
    if (mirror.bound != nullptr) std::memcpy(mirror.bound, mirror.memory.get(), mirror.bytes);
    if (mirror.count_at) {
      std::int64_t count = 0;
      std::memcpy(&count, mirror.memory.get() + *mirror.count_at, sizeof count);
      count_of(mirror.buffer) = std::clamp<std::int64_t>(count, 0, plan_.type(mirror.buffer).shape[0]);
    }
  }
}

}  // namespace banoff
