#include "runtime/session/bound_plan.hpp"

#include <cstring>
#include <functional>

#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

std::int64_t capacity(const TensorType& type) { return type.shape.rank() == 0 ? 1 : type.shape[0]; }

BoundStep make_step(const Step& step) {
  BoundStep bound{step.kernel.get(), step.kernel->make_state(), {}, {}, {}, {}};
  bound.inputs.resize(step.inputs.size());
  bound.outputs.resize(step.outputs.size());
  bound.input_counts.resize(step.inputs.size());
  bound.output_counts.resize(step.outputs.size());
  return bound;
}

}  // namespace

BoundPlan::BoundPlan(std::shared_ptr<const SizedPlan> sized)
    : sized_(std::move(sized)), plan_(*sized_->plan), stream_(plan_.device->make_stream(plan_.arena_bytes)) {
  for (std::size_t i = 0; i < plan_.buffers.size(); ++i) {
    counts_.push_back(capacity(plan_.type(static_cast<std::int32_t>(i))));
  }
  for (const Step& step : plan_.steps) steps_.push_back(make_step(step));
}

std::optional<std::size_t> BoundPlan::arena_bytes() const {
  return stream_ == nullptr ? std::optional(plan_.arena_bytes) : std::nullopt;
}

void BoundPlan::move_to(std::byte* arena) {
  if (stream_ != nullptr) arena = stream_->arena();
  if (arena_ == arena && !bound_) return;
  if (stream_ != nullptr) exchange_.emplace(plan_, *stream_);
  arena_ = arena;
  bound_ = false;
  storage_.clear();
  for (const Storage& place : plan_.storages) storage_.push_back(arena_ + place.offset);
  if (exchange_) {
    for (const auto* buffers : {&plan_.input_buffers, &plan_.output_buffers}) {
      for (const std::int32_t buffer : *buffers)
        if (std::byte* const memory = exchange_->in_place(buffer))
          storage_[index(plan_.buffer(buffer).storage)] = memory;
    }
  }
  resolve();
}

const std::byte* BoundPlan::memory(std::int32_t buffer) const {
  const Storage& place = plan_.storage_of(buffer);
  const std::byte* const start = place.constant ? place.constant.data() : storage_[index(plan_.buffer(buffer).storage)];
  return start + plan_.buffer(buffer).offset;
}

/// Writes every step's pointers; needed again when memory moves.
void BoundPlan::resolve() {
  places_.clear();
  if (exchange_) {
    for (const auto* buffers : {&plan_.input_buffers, &plan_.output_buffers}) {
      for (const std::int32_t buffer : *buffers) {
        places_.push_back(storage_[index(plan_.buffer(buffer).storage)]);
        places_.push_back(exchange_->pinned(buffer));
      }
    }
  }
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const Step& step = plan_.steps[s];
    for (std::size_t i = 0; i < step.inputs.size(); ++i) steps_[s].inputs[i] = memory(step.inputs[i]);
    for (std::size_t i = 0; i < step.outputs.size(); ++i) {
      const Buffer& to = plan_.buffer(step.outputs[i]);
      steps_[s].outputs[i] = storage_[index(to.storage)] + to.offset;
    }
  }
}

std::int64_t& BoundPlan::count_of(std::int32_t buffer) { return counts_[index(plan_.buffer(buffer).counted_by)]; }

void BoundPlan::fill_in_defaults() {
  for (std::size_t i = 0; i < sized_->defaults.size(); ++i) {
    const Tensor& value = sized_->defaults[i];
    if (value) std::memcpy(input(i).data(), value.data(), value.bytes());
  }
}

std::span<std::byte> BoundPlan::input(std::size_t i) {
  const std::int32_t buffer = plan_.input_buffers.at(i);
  if (exchange_) return exchange_->host(buffer);
  return {storage_[index(plan_.buffer(buffer).storage)], plan_.storage_of(buffer).bytes};
}

std::span<const std::byte> BoundPlan::output(std::size_t i) {
  const std::int32_t buffer = plan_.output_buffers.at(i);
  if (exchange_) return exchange_->host(buffer);
  return {memory(buffer), plan_.storage_of(buffer).bytes};
}

void BoundPlan::set_input_count(std::size_t i, std::int64_t count) {
  const std::int32_t buffer = plan_.input_buffers.at(i);
  const TensorType& type = plan_.type(buffer);
  if (!type.bounded || count < 0 || count > capacity(type)) {
    fail_usage("input {} takes {}, {} rows were given", i, type.str(), count);
  }
  count_of(buffer) = count;
}

void BoundPlan::bind_input(std::size_t i, std::span<const std::byte> memory, MemoryKind kind) {
  // Inputs are pinned: no step of a plan writes to their storage, so the caller's memory stays as it is.
  bind(plan_.input_buffers.at(i), {const_cast<std::byte*>(memory.data()), memory.size()}, kind, "input", i);
}

void BoundPlan::bind_output(std::size_t i, std::span<std::byte> memory, MemoryKind kind) {
  bind(plan_.output_buffers.at(i), memory, kind, "output", i);
}

void BoundPlan::bind(std::int32_t buffer, std::span<std::byte> memory, MemoryKind kind, std::string_view what,
                     std::size_t i) {
  const bool on_device = kind == MemoryKind::device;
  if (on_device && !exchange_) fail_usage("{} {}: this device computes in the host's memory", what, i);
  if (on_device && plan_.type(buffer).bounded)
    fail_usage("{} {}: a value whose number of rows may change cannot be bound to memory of the device", what, i);
  const std::size_t bytes = exchange_ && !on_device ? exchange_->host_bytes(buffer) : plan_.storage_of(buffer).bytes;
  if (memory.size() < bytes) fail_usage("{} {} needs {} bytes, {} were given", what, i, bytes, memory.size());
  const std::size_t alignment = on_device ? 16 : 8;
  if (reinterpret_cast<std::uintptr_t>(memory.data()) % alignment != 0) {
    fail_usage("{} {} is not aligned to {} bytes", what, i, alignment);
  }
  bound_ = true;
  if (exchange_) {
    if (!on_device) return exchange_->bind_host(buffer, memory.data());
    exchange_->bind_device(buffer);
  }
  storage_[index(plan_.buffer(buffer).storage)] = memory.data();
  resolve();
}

void BoundPlan::run_step(std::size_t s) {
  const Step& step = plan_.steps[s];
  BoundStep& bound = steps_[s];
  for (std::size_t i = 0; i < step.inputs.size(); ++i) bound.input_counts[i] = count_of(step.inputs[i]);
  bound.kernel->run({bound.inputs, bound.outputs, bound.input_counts, bound.output_counts,
                     arena_ + plan_.scratch_offset, bound.state.get(), stream_.get()});
  for (std::size_t i = 0; i < step.outputs.size(); ++i) count_of(step.outputs[i]) = bound.output_counts[i];
}

/// The first step from `s` on that cannot run on a team with those before it.
std::size_t BoundPlan::team_end(std::size_t s) const {
  while (s < steps_.size() && steps_[s].kernel->runs_in_team()) ++s;
  return s;
}

void BoundPlan::run_steps(const std::function<void(std::size_t)>& step_done) {
  for (std::size_t s = 0; s < steps_.size();) {
    // Whoever is told may run other sessions, on the same threads.
    const std::size_t end = step_done ? s : team_end(s);
    if (end > s + 1) {
      const auto stretch = [&] {
        while (s < end) run_step(s++);
      };
      plan_.device->in_team(std::cref(stretch));  // a copy would be allocated
      continue;
    }
    run_step(s);
    if (step_done) step_done(s);
    ++s;
  }
}

void BoundPlan::run(const std::function<void(std::size_t)>& step_done) {
  if (stream_ == nullptr) return run_steps(step_done);
  const auto count = [this](std::int32_t buffer) -> std::int64_t& { return count_of(buffer); };
  exchange_->collect(count);
  const auto work = [&] {
    exchange_->queue_inputs(storage_);
    run_steps(step_done);
    exchange_->queue_outputs(storage_);
  };
  if (step_done) {
    work();
  } else {
    stream_->run(work, places_);
  }
  stream_->wait();
  exchange_->deliver(count);
}

}  // namespace banoff
