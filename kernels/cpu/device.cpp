// The CPU device: which family of kernels a region goes to.
#include <omp.h>

#include <algorithm>
#include <cstring>

#include "kernels/cpu/choose_isa.hpp"
#include "kernels/cpu/cpu.hpp"
#include "kernels/cpu/grid.hpp"
#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/onednn/convolution.hpp"
#include "kernels/cpu/onednn/integer.hpp"
#include "kernels/cpu/team.hpp"
#include "kernels/layout.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/core/checked.hpp"
#include "runtime/core/cpu_count.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::cpu {

namespace {

/// What a kernel of the library costs besides its work on several threads, in microseconds: the team of the own kernels
/// around it is given up and gathered again, two regions more: 2 where waiting threads spin, 15 where they sleep.
constexpr double leaving_team_us = 5;

/// How many rows an output has: so many, or as many as an input.
struct Rows {
  std::int64_t fixed = 0;
  int like_input = none;
};

/// A kernel together with the counts it reports unless it knows better. Of bounded values most kernels compute all
/// rows: those behind the last one that counts depend on nothing but their like.
class CountedKernel final : public Kernel {
 public:
  CountedKernel(std::unique_ptr<Kernel> kernel, std::vector<Rows> rows)
      : kernel_(std::move(kernel)), rows_(std::move(rows)) {}

  void run(const KernelArgs& args) const override {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Rows& rows = rows_[i];
      args.output_counts[i] =
          rows.like_input == none ? rows.fixed : args.input_counts[static_cast<std::size_t>(rows.like_input)];
    }
    kernel_->run(args);
  }
  [[nodiscard]] bool runs_in_team() const override { return kernel_->runs_in_team(); }
  [[nodiscard]] std::unique_ptr<KernelState> make_state() const override { return kernel_->make_state(); }
  [[nodiscard]] std::size_t scratch_bytes() const override { return kernel_->scratch_bytes(); }
  [[nodiscard]] std::string implementation() const override { return kernel_->implementation(); }
  [[nodiscard]] std::size_t weight_bytes() const override { return kernel_->weight_bytes(); }
  [[nodiscard]] int in_place_input() const override { return kernel_->in_place_input(); }
  [[nodiscard]] bool may_overwrite(int input) const override { return kernel_->may_overwrite(input); }

 private:
  std::unique_ptr<Kernel> kernel_;
  std::vector<Rows> rows_;
};

std::int64_t rows_of(const TensorType& type) { return type.shape.rank() == 0 ? 1 : type.shape[0]; }

/// A bounded output has as many rows as the first bounded input.
std::vector<Rows> rows_of(const Region& region) {
  int bounded = none;
  for (std::size_t i = region.inputs.size(); i-- > 0;) {
    if (region.type(region.inputs[i]).bounded) bounded = static_cast<int>(i);
  }
  std::vector<Rows> rows;
  for (const ValueId output : region.outputs) {
    const TensorType& type = region.type(output);
    rows.push_back({rows_of(type), type.bounded ? bounded : none});
  }
  return rows;
}

class CpuDevice final : public Device {
 public:
  CpuDevice(const Options& options, Isa isa)
      : context_{dnnl::engine(dnnl::engine::kind::cpu, 0), options.threads > 0 ? options.threads : cpu_count(),
                 options.implementations},
        machine_{context_.threads, isa, options.exact_convolutions},
        reference_(reference::device()),
        precision_(options.precision) {}

  [[nodiscard]] int threads() const override { return context_.threads; }
  [[nodiscard]] int vector_bits() const override { return 32 * static_cast<int>(lanes_of(machine_.isa)); }

  [[nodiscard]] std::string name() const override {
    return fmt::format("cpu ({}, {} thread{})", library_version(), context_.threads, context_.threads == 1 ? "" : "s");
  }

  [[nodiscard]] std::vector<Layout> layouts(const TensorType& type) const override {
    const std::size_t rank = type.shape.rank();
    if (type.stored && rank >= 4 && rank <= 5) return {Layout::channels_last, Layout::plain};
    if (storage(type.dtype) != DType::f32 || rank < 3 || rank > 5) return {Layout::plain};
    if (rank == 3) return {Layout::plain, Layout::channels_last};
    switch (machine_.isa) {
      case Isa::avx512: return {Layout::channels_last, Layout::blocked16, Layout::plain};
      case Isa::avx2: return {Layout::blocked8, Layout::channels_last, Layout::plain};
      case Isa::neon: break;  // no blocks of four, and of the library's kernels none for others
    }
    return {Layout::channels_last, Layout::plain};
  }

  [[nodiscard]] DType storage(DType type) const override { return held(type); }

  [[nodiscard]] std::optional<Stored> stored(const TensorType& type, const std::optional<Stored>& grid) const override {
    if (grid && (grid->type == DType::u8 || grid->type == DType::i8)) return grid;
    if (precision_ != Precision::bf16 || type.shape.rank() < 4) return std::nullopt;
    return Stored{DType::bf16};
  }

  [[nodiscard]] std::size_t bytes(const TensorType& type, Layout layout) const override {
    const DType held = type.stored ? type.stored->type : storage(type.dtype);
    const std::int64_t element = static_cast<std::int64_t>(size_of(held));
    return static_cast<std::size_t>(checked_mul(elements_of(type.shape, layout), element));
  }

  [[nodiscard]] Offers offers(const Region& region) const override {
    const Entered entered(*this);  // oneDNN divides the work among threads when it describes a primitive
    return any_stored(region) ? offers_of_numbers(region) : offers_of_floats(region);
  }

 private:
  /// Kernels of numbers where there are such; else those of floats between conversions.
  [[nodiscard]] Offers offers_of_numbers(const Region& region) const {
    const auto first = [&node = region.node(0)] { return describe(node, "the cpu device"); };
    const auto of_numbers = [&] {
      const bool convolution = region.node(0).as<Conv>() != nullptr;
      return all_of({[&] { return of_library(onednn::integer_layer(context_, region)); },
                     [&] { return std::vector<Offer>{integer_depthwise(machine_, region)}; },
                     [&] { return std::vector<Offer>{integer_product(machine_, region)}; },
                     [&] { return std::vector<Offer>{integer_pass(machine_, region)}; },
                     [&] { return std::vector<Offer>{half_depthwise(machine_, region)}; },
                     [&] { return std::vector<Offer>{half_product(machine_, region)}; },
                     [&] { return std::vector<Offer>{half_pass(machine_, region)}; },
                     [&] { return std::vector<Offer>{direct_to_halves(machine_, region)}; },
                     [&] {
                       if (!convolution) throw Refused{"no convolution"};
                       return of_library(onednn::convolution(context_, region));
                     },
                     [&] { return std::vector<Offer>{stored_pass(machine_, region)}; }});
    };
    Offers own = attempt<Offers>([&] { return onednn::translated(first, of_numbers); });
    if (auto* found = std::get_if<std::vector<Offer>>(&own)) {
      for (Offer& offer : *found) offer = finished(std::move(offer), first, rows_of(region));
      return own;
    }
    return attempt<Offers>([&] {
      return between_conversions(region, context_.threads, [&](const Region& r) { return offers_of_floats(r); });
    });
  }

  [[nodiscard]] Offers offers_of_floats(const Region& region) const {
    const auto first = [&node = region.node(0)] { return describe(node, "the cpu device"); };
    Offers own = attempt<Offers>([&] { return onednn::translated(first, [&] { return own_offers(region); }); });
    if (auto* found = std::get_if<std::vector<Offer>>(&own)) {
      for (Offer& offer : *found) offer = finished(std::move(offer), first, rows_of(region));
      return own;
    }
    const auto plain = [](Layout layout) { return layout == Layout::plain; };
    if (region.nodes.size() > 1 || !std::ranges::all_of(region.input_layouts, plain) ||
        !std::ranges::all_of(region.output_layouts, plain))
      return own;
    Offers last_resort = reference_->offers(region);
    if (auto* found = std::get_if<std::vector<Offer>>(&last_resort)) {
      for (Offer& offer : *found) offer.slow = true;
    }
    return last_resort;
  }

 public:
  [[nodiscard]] Offer reorder(const TensorType& type, Layout from, Layout to) const override {
    const Entered entered(*this);
    const auto what = [=] { return fmt::format("{} from {} to {}", type.str(), name_of(from), name_of(to)); };
    Offers offers = attempt<Offers>(
        [&] { return onednn::translated(what, [&] { return std::vector<Offer>{fixed_reorder(type, from, to)}; }); });
    if (const auto* refusal = std::get_if<Refusal>(&offers)) {
      fail(ErrorKind::refused, "{}: {}", what(), refusal->reason);
    }
    // A bounded value is copied whole, and its count with it.
    return finished(std::move(std::get<std::vector<Offer>>(offers)[0]), what,
                    {{rows_of(type), type.bounded ? 0 : none}});
  }
  /// The number of threads that the calling thread's parallel regions had.
  [[nodiscard]] int enter() const override {
    const int before = omp_get_max_threads();
    if (before != context_.threads) omp_set_num_threads(context_.threads);
    return before;
  }
  void leave(int before) const override {
    if (before != context_.threads) omp_set_num_threads(before);
  }
  void in_team(const std::function<void()>& work) const override {
    if (context_.threads == 1) return work();
    Team::run(work);
  }

 private:
  /// The offer, made as everything of this device is: for its threads, with the counts that are passed along.
  template <class What>
  [[nodiscard]] Offer finished(Offer offer, const What& what, std::vector<Rows> rows) const {
    offer.make = [this, what, rows = std::move(rows), make = std::move(offer.make)]() -> Compiled {
      const Entered entered(*this);
      return attempt<Compiled>([&]() -> Compiled {
        Compiled made = onednn::translated(what, make);
        auto* kernel = std::get_if<std::unique_ptr<Kernel>>(&made);
        return kernel == nullptr ? std::move(made) : std::make_unique<CountedKernel>(std::move(*kernel), rows);
      });
    };
    return offer;
  }

  [[nodiscard]] Offer fixed_reorder(const TensorType& type, Layout from, Layout to) const {
    const std::size_t count = bytes(type, to);
    if (same_bytes(type.shape, from, to)) {
      return ready_offer({"copy", {0}}, pass_us(2.0 * static_cast<double>(count), context_.threads),
                         [count](const KernelArgs& args) {
                           if (args.inputs[0] != args.outputs[0]) std::memcpy(args.outputs[0], args.inputs[0], count);
                         });
    }
    if (type.stored) return stored_reorder(type, from, to, context_.threads);
    if (storage(type.dtype) != DType::f32) fail_internal("reorder of {}", type.str());
    return onednn::reorder(context_, type.shape, from, to);
  }

  using Way = std::function<std::vector<Offer>()>;

  /// What every way offers; where all refuse, what the first says.
  [[nodiscard]] static std::vector<Offer> all_of(const std::vector<Way>& ways) {
    std::vector<Offer> offers;
    std::optional<Refused> first;
    for (const Way& way : ways) {
      try {
        std::ranges::move(way(), std::back_inserter(offers));
      } catch (Refused& refused) {
        if (!first) first = std::move(refused);
      }
    }
    if (offers.empty()) throw std::move(*first);
    return offers;
  }

  [[nodiscard]] std::vector<Offer> of_library(std::vector<Offer> offers) const {
    if (context_.threads > 1) {
      for (Offer& offer : offers) offer.cost_us += leaving_team_us;
    }
    return offers;
  }

  /// The library's ways first: of equals they are taken.
  [[nodiscard]] std::vector<Offer> own_offers(const Region& region) const {
    const Op& head = region.node(0).op;
    const bool linear = std::holds_alternative<Conv>(head) || std::holds_alternative<ConvTranspose>(head) ||
                        std::holds_alternative<Dense>(head) || std::holds_alternative<MatMul>(head);
    if (std::holds_alternative<Recurrent>(head)) return {recurrent(machine_, region)};
    const auto of_a_family = [&] { return std::vector<Offer>{offer(region, context_.threads)}; };
    if (std::holds_alternative<Resize>(head))
      return all_of({of_a_family, [&] { return std::vector<Offer>{plain_resize(machine_, region)}; }});
    if (!linear) return of_a_family();
    require_float_chain(region);
    if (std::holds_alternative<Conv>(head))
      return all_of({[&] { return of_library(onednn::convolution(context_, region)); },
                     [&] { return std::vector<Offer>{winograd(machine_, region)}; },
                     [&] { return std::vector<Offer>{depthwise(machine_, region)}; },
                     [&] { return std::vector<Offer>{grouped(machine_, region)}; },
                     [&] { return std::vector<Offer>{direct(machine_, region)}; }});
    if (std::holds_alternative<ConvTranspose>(head))
      return all_of({[&] { return of_library(onednn::transposed_convolution(context_, region)); },
                     [&] { return std::vector<Offer>{transposed(machine_, region)}; }});
    if (std::holds_alternative<MatMul>(head)) return of_library(onednn::matrix_product(context_, region));
    return all_of({[&] { return of_library(onednn::dense(context_, region)); },
                   [&] { return std::vector<Offer>{dense(machine_, region)}; }});
  }

  onednn::Context context_;
  Machine machine_;
  std::unique_ptr<Device> reference_;
  Precision precision_;
};

}  // namespace

std::unique_ptr<Device> device(const Options& options) {
  const Isa isa = isa_of(options.isa);
  return onednn::translated([] { return "the cpu device"; }, [&] { return std::make_unique<CpuDevice>(options, isa); });
}

std::string library_version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch);
}

}  // namespace banoff::cpu
