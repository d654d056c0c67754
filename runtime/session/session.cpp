#include "banoff/session.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <list>

#include "runtime/core/fail.hpp"
#include "runtime/session/arena.hpp"
#include "runtime/session/bound_plan.hpp"

namespace banoff {

/// Plans that this session has run lately share its one arena: only one of them runs at a time.
struct Session::State {
  std::shared_ptr<const CompiledModel::Contents> model;
  std::optional<Arena> arena;  ///< none where the device has memory of its own
  std::size_t arena_bytes = 0;
  std::list<BoundPlan> plans;  ///< the present one first
  std::vector<Shape> wanted;   ///< by input: the present sizes unless `moved`
  bool moved = false;          ///< sizes were given that no plan has been looked up for

  explicit State(std::shared_ptr<const CompiledModel::Contents> contents) : model(std::move(contents)) {
    add(model->written);
    wanted = model->written->shapes;
  }

  /// The plan for the sizes wanted.
  BoundPlan& now() {
    if (moved) move();
    return plans.front();
  }

  void move() {
    const std::shared_ptr<const SizedPlan> sized = plan_for(wanted);
    const auto same = [&](const BoundPlan& plan) { return &plan.sized() == sized.get(); };
    const auto known = std::ranges::find_if(plans, same);
    if (known == plans.end()) {
      add(sized);
    } else {
      plans.splice(plans.begin(), plans, known);
      settle(plans.front());
    }
    moved = false;
  }

  /// Back at the sizes before where the network does not take the new ones.
  std::shared_ptr<const SizedPlan> plan_for(const std::vector<Shape>& shapes) {
    for (const BoundPlan& plan : plans) {
      if (plan.sized().shapes == shapes) return plan.shared();
    }
    try {
      return model->at(shapes);
    } catch (...) {
      wanted = plans.front().sized().shapes;
      moved = false;
      throw;
    }
  }

  void add(std::shared_ptr<const SizedPlan> sized) {
    plans.emplace_front(std::move(sized));
    settle(plans.front());
    while (plans.size() > model->other_sizes + 1) plans.pop_back();
  }

  /// Memory for the plan, without what the caller bound earlier: it may be gone.
  void settle(BoundPlan& plan) {
    const std::optional<std::size_t> bytes = plan.arena_bytes();
    if (bytes && (!arena || *bytes > arena_bytes)) {
      arena.emplace(*bytes);
      arena_bytes = *bytes;
    }
    plan.move_to(arena ? arena->data() : nullptr);
    plan.fill_in_defaults();
  }

  /// Gives an input a shape; inputs with the same open sizes follow.
  void set_shape(std::size_t i, const Shape& shape) {
    const std::vector<TensorInfo>& inputs = model->written->inputs;
    const TensorInfo& input = inputs.at(i);
    if (shape.rank() != input.shape.rank()) {
      fail_input("input '{}' is {}, {} expected", input.name, shape.str(), wanted[i].str());
    }
    std::map<std::string, std::int64_t> sizes;
    for (std::size_t d = 0; d < shape.rank(); ++d) {
      if (!input.symbols[d].empty()) sizes[input.symbols[d]] = shape[d];
      else if (shape[d] != input.shape[d])
        fail_input("input '{}' is {}, {} expected: dimension {} is fixed at {}", input.name, shape.str(),
                   wanted[i].str(), d, input.shape[d]);
    }
    std::vector<Shape> shapes = wanted;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      for (std::size_t d = 0; d < shapes[k].rank(); ++d) {
        if (const auto size = sizes.find(inputs[k].symbols[d]); size != sizes.end()) shapes[k][d] = size->second;
      }
    }
    if (shapes[i] != shape)
      fail_input("input '{}' is {}: equal sizes expected, {}", input.name, shape.str(), shapes[i].str());
    if (shapes == wanted) return;
    wanted = std::move(shapes);
    moved = true;
  }
};

Session::Session(const CompiledModel& model) : state_(std::make_unique<State>(model.contents())) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::set_shape(std::size_t index, const Shape& shape) { state_->set_shape(index, shape); }
const std::vector<TensorInfo>& Session::inputs() { return state_->now().sized().inputs; }
const std::vector<TensorInfo>& Session::outputs() { return state_->now().sized().outputs; }

std::span<std::byte> Session::input(std::size_t index) { return state_->now().input(index); }
std::span<const std::byte> Session::output(std::size_t index) const { return state_->now().output(index); }
std::int64_t Session::output_count(std::size_t index) const { return state_->now().output_count(index); }
std::string Session::note() const { return state_->now().note(); }
void Session::set_input_count(std::size_t index, std::int64_t count) { state_->now().set_input_count(index, count); }

void Session::bind_input(std::size_t index, std::span<const std::byte> memory, MemoryKind kind) {
  state_->now().bind_input(index, memory, kind);
}

void Session::bind_output(std::size_t index, std::span<std::byte> memory, MemoryKind kind) {
  state_->now().bind_output(index, memory, kind);
}

void Session::run() {
  BoundPlan& plan = state_->now();
  const Entered entered(*plan.plan().device);
  plan.run({});
}

void Session::run_profiled(const std::function<void(std::size_t, double)>& step_done) {
  using Clock = std::chrono::steady_clock;
  BoundPlan& plan = state_->now();
  const Entered entered(*plan.plan().device);
  auto start = Clock::now();
  plan.run([&](std::size_t s) {
    plan.wait();
    step_done(s, std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    start = Clock::now();
  });
}

Tensors Session::run(const Tensors& inputs) {
  const std::vector<TensorInfo>& wanted = state_->model->written->inputs;
  for (const auto& [name, tensor] : inputs) {
    if (std::ranges::find(wanted, name, &TensorInfo::name) == wanted.end())
      fail_input("the network has no input '{}'", name);
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto given = inputs.find(wanted[i].name);
    const bool is_given = given != inputs.end();
    if (!is_given && !wanted[i].has_default) {
      fail_input("input '{}' ({}) is missing", wanted[i].name, wanted[i].shape.str());
    }
    if (is_given && !wanted[i].bounded) state_->set_shape(i, given->second.shape());
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto given = inputs.find(wanted[i].name);
    Tensor tensor = given == inputs.end() ? state_->now().sized().defaults[i] : given->second;
    Shape expected = this->inputs()[i].shape;
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
  const std::vector<TensorInfo>& made = outputs();
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
