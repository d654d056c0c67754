#include "banoff/session.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

#include "runtime/core/fail.hpp"
#include "runtime/session/arena.hpp"
#include "runtime/session/contents.hpp"
#include "runtime/session/exchange.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// A step with its pointers resolved for one session.
struct BoundStep {
  const Kernel* kernel = nullptr;
  std::unique_ptr<KernelState> state;
  std::vector<const std::byte*> inputs;
  std::vector<std::byte*> outputs;
  std::vector<std::int64_t> input_counts;
  std::vector<std::int64_t> output_counts;
};

std::int64_t capacity(const TensorType& type) { return type.shape.rank() == 0 ? 1 : type.shape[0]; }

}  // namespace

struct Session::State {
  std::shared_ptr<const CompiledModel::Contents> model;
  const Plan& plan;
  std::unique_ptr<Stream> stream;  ///< of a device with memory of its own, else null
  Arena arena;                     ///< empty where there is a stream
  std::optional<Exchange> exchange;
  bool recorded = false;             ///< the stream can repeat what it did
  std::vector<std::byte*> storage;   ///< by storage: where it is for this session
  std::vector<std::int64_t> counts;  ///< by buffer: actual size of dimension 0
  std::vector<BoundStep> steps;

  explicit State(std::shared_ptr<const CompiledModel::Contents> contents)
      : model(std::move(contents)),
        plan(*model->plan),
        stream(plan.device->make_stream(plan.arena_bytes)),
        arena(stream == nullptr ? plan.arena_bytes : 0) {
    if (stream != nullptr) exchange.emplace(plan, *stream);
    for (const Storage& place : plan.storages) storage.push_back(memory() + place.offset);
    for (std::size_t i = 0; i < plan.buffers.size(); ++i) {
      counts.push_back(capacity(plan.type(static_cast<std::int32_t>(i))));
    }
    for (const Step& step : plan.steps) {
      BoundStep bound{step.kernel.get(), step.kernel->make_state(), {}, {}, {}, {}};
      bound.inputs.resize(step.inputs.size());
      bound.outputs.resize(step.outputs.size());
      bound.input_counts.resize(step.inputs.size());
      bound.output_counts.resize(step.outputs.size());
      steps.push_back(std::move(bound));
    }
    resolve();
  }

  /// The arena, wherever it lies.
  [[nodiscard]] std::byte* memory() { return stream == nullptr ? arena.data() : stream->arena(); }

  [[nodiscard]] const std::byte* memory(std::int32_t buffer) const {
    const Storage& place = plan.storage_of(buffer);
    return place.constant ? place.constant.data() : storage[index(plan.buffer(buffer).storage)];
  }

  /// Writes every step's pointers; needed again when the caller binds memory of its own.
  void resolve() {
    recorded = false;
    for (std::size_t s = 0; s < steps.size(); ++s) {
      const Step& step = plan.steps[s];
      for (std::size_t i = 0; i < step.inputs.size(); ++i) steps[s].inputs[i] = memory(step.inputs[i]);
      for (std::size_t i = 0; i < step.outputs.size(); ++i) {
        steps[s].outputs[i] = storage[index(plan.buffer(step.outputs[i]).storage)];
      }
    }
  }

  /// The actual size of dimension 0.
  std::int64_t& count_of(std::int32_t buffer) { return counts[index(plan.buffer(buffer).counted_by)]; }

  void run_step(std::size_t s) {
    const Step& step = plan.steps[s];
    BoundStep& bound = steps[s];
    for (std::size_t i = 0; i < step.inputs.size(); ++i) bound.input_counts[i] = count_of(step.inputs[i]);
    bound.kernel->run({bound.inputs, bound.outputs, bound.input_counts, bound.output_counts,
                       memory() + plan.scratch_offset, bound.state.get(), stream.get()});
    for (std::size_t i = 0; i < step.outputs.size(); ++i) count_of(step.outputs[i]) = bound.output_counts[i];
  }

  /// Runs all steps, `step_done` being told of each if it is set.
  void run(const std::function<void(std::size_t)>& step_done) {
    const auto run_steps = [&] {
      for (std::size_t s = 0; s < steps.size(); ++s) {
        run_step(s);
        if (step_done) step_done(s);
      }
    };
    if (stream == nullptr) return run_steps();
    const auto count = [this](std::int32_t buffer) -> std::int64_t& { return count_of(buffer); };
    exchange->collect(count);
    const auto work = [&] {
      exchange->queue_inputs(storage);
      run_steps();
      exchange->queue_outputs(storage);
    };
    if (step_done) {
      work();
    } else {
      stream->run(work, recorded);
      recorded = true;
    }
    stream->wait();
    exchange->deliver(count);
  }
};

Session::Session(const CompiledModel& model)
    : state_(std::make_unique<State>(std::make_shared<const CompiledModel::Contents>(model.contents()))) {
  for (std::size_t i = 0; i < state_->model->defaults.size(); ++i) {
    const Tensor& value = state_->model->defaults[i];
    if (value) std::memcpy(input(i).data(), value.data(), value.bytes());
  }
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::span<std::byte> Session::input(std::size_t i) {
  const std::int32_t buffer = state_->plan.input_buffers.at(i);
  if (state_->exchange) return state_->exchange->host(buffer);
  const Storage& place = state_->plan.storage_of(buffer);
  return {state_->storage[index(state_->plan.buffer(buffer).storage)], place.bytes};
}

std::span<const std::byte> Session::output(std::size_t i) const {
  const std::int32_t buffer = state_->plan.output_buffers.at(i);
  if (state_->exchange) return state_->exchange->host(buffer);
  return {state_->memory(buffer), state_->plan.storage_of(buffer).bytes};
}

std::int64_t Session::output_count(std::size_t i) const { return state_->count_of(state_->plan.output_buffers.at(i)); }

void Session::set_input_count(std::size_t i, std::int64_t count) {
  const std::int32_t buffer = state_->plan.input_buffers.at(i);
  const TensorType& type = state_->plan.type(buffer);
  if (!type.bounded || count < 0 || count > capacity(type)) {
    fail_usage("input {} takes {}, {} rows were given", i, type.str(), count);
  }
  state_->count_of(buffer) = count;
}

void Session::bind_input(std::size_t i, std::span<const std::byte> memory, MemoryKind kind) {
  // Inputs are pinned: no step of a plan writes to their storage, so the caller's memory stays as it is.
  bind(state_->plan.input_buffers.at(i), {const_cast<std::byte*>(memory.data()), memory.size()}, kind, "input", i);
}

void Session::bind_output(std::size_t i, std::span<std::byte> memory, MemoryKind kind) {
  bind(state_->plan.output_buffers.at(i), memory, kind, "output", i);
}

void Session::bind(std::int32_t buffer, std::span<std::byte> memory, MemoryKind kind, std::string_view what,
                   std::size_t i) {
  const bool on_device = kind == MemoryKind::device;
  if (on_device && !state_->exchange) fail_usage("{} {}: this device computes in the host's memory", what, i);
  if (on_device && state_->plan.type(buffer).bounded)
    fail_usage("{} {}: a value whose number of rows may change cannot be bound to memory of the device", what, i);
  const std::size_t bytes =
      state_->exchange && !on_device ? state_->exchange->host_bytes(buffer) : state_->plan.storage_of(buffer).bytes;
  if (memory.size() < bytes) fail_usage("{} {} needs {} bytes, {} were given", what, i, bytes, memory.size());
  const std::size_t alignment = on_device ? 16 : 8;
  if (reinterpret_cast<std::uintptr_t>(memory.data()) % alignment != 0) {
    fail_usage("{} {} is not aligned to {} bytes", what, i, alignment);
  }
  if (state_->exchange) {
    if (!on_device) return state_->exchange->bind_host(buffer, memory.data());
    state_->exchange->bind_device(buffer);
  }
  state_->storage[index(state_->plan.buffer(buffer).storage)] = memory.data();
  state_->resolve();
}

void Session::run() {
  const Entered entered(*state_->plan.device);
  state_->run({});
}

void Session::run_profiled(const std::function<void(std::size_t, double)>& step_done) {
  using Clock = std::chrono::steady_clock;
  const Entered entered(*state_->plan.device);
  auto start = Clock::now();
  state_->run([&](std::size_t s) {
    if (state_->stream != nullptr) state_->stream->wait();
    step_done(s, std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    start = Clock::now();
  });
}

Tensors Session::run(const Tensors& inputs) {
  const auto& wanted = state_->model->inputs;
  for (const auto& [name, tensor] : inputs) {
    if (std::ranges::find(wanted, name, &TensorInfo::name) == wanted.end())
      fail_input("the network has no input '{}'", name);
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto given = inputs.find(wanted[i].name);
    const Tensor& otherwise = state_->model->defaults[i];
    if (given == inputs.end() && !otherwise) {
      fail_input("input '{}' ({}) is missing", wanted[i].name, wanted[i].shape.str());
    }
    Tensor tensor = given == inputs.end() ? otherwise : given->second;
    Shape expected = wanted[i].shape;
    if (wanted[i].bounded && tensor.shape().rank() == expected.rank() && tensor.shape()[0] <= expected[0]) {
      set_input_count(i, tensor.shape()[0]);
      expected[0] = tensor.shape()[0];
    }
    if (tensor.shape() != expected) {
      fail_input("input '{}' is {}, expected {}", wanted[i].name, tensor.shape().str(), expected.str());
    }
    tensor = tensor.as(wanted[i].dtype);
    if (input(i).size() < tensor.bytes()) fail_usage("input '{}' is bound to memory of the device", wanted[i].name);
    std::memcpy(input(i).data(), tensor.data(), tensor.bytes());
  }
  run();
  Tensors results;
  const auto& made = state_->model->outputs;
  for (std::size_t i = 0; i < made.size(); ++i) {
    Shape shape = made[i].shape;
    if (made[i].bounded) shape[0] = output_count(i);
    auto [tensor, data] = Tensor::allocate(made[i].dtype, shape);
    if (output(i).size() < tensor.bytes()) fail_usage("output '{}' is bound to memory of the device", made[i].name);
    std::memcpy(data, output(i).data(), tensor.bytes());
    results[made[i].name] = tensor;
  }
  return results;
}

}  // namespace banoff
