// Einsum as products, sums and transposes: operand after operand, each label summed as soon as nobody needs it.
#include <algorithm>
#include <map>
#include <set>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

/// A letter of the equation, or a dimension that dots stand for: `dots` plus its distance from the last of them.
using Label = int;
using Labels = std::vector<Label>;
constexpr Label dots = 1000;

bool contains(const Labels& labels, Label label) { return std::ranges::find(labels, label) != labels.end(); }

/// An operand with a label for each dimension, none twice.
struct Term {
  Operand value;
  Labels labels;
};

/// One side of a comma as written; `dims` is how many dimensions its dots stand for.
Labels read_term(std::string_view text, std::size_t dims) {
  Labels labels;
  bool had_dots = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      labels.push_back(c);
    } else if (text.substr(i, 3) == "..." && !had_dots) {
      for (std::size_t d = dims; d-- > 0;) labels.push_back(dots + static_cast<Label>(d));
      had_dots = true, i += 2;
    } else {
      fail_input("the equation has '{}' where a letter is expected", text.substr(i, 1));
    }
  }
  return labels;
}

bool has_dots(std::string_view text) { return text.find('.') != std::string_view::npos; }

std::size_t letters_of(std::string_view text) { return text.size() - (has_dots(text) ? 3 : 0); }

class Einsum {
 public:
  explicit Einsum(Call& call) : s_(call) {
    std::string equation = call.attributes.text("equation", "");
    std::erase(equation, ' ');
    const std::size_t arrow = equation.find("->");
    std::vector<std::string> texts(1);
    for (const char c : equation.substr(0, arrow)) {
      if (c == ',') texts.emplace_back();
      else texts.back().push_back(c);
    }
    if (texts.size() != call.inputs()) fail_input("equation '{}' for {} inputs", equation, call.inputs());
    std::size_t widest = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::size_t rank = call.shape(i).rank(), letters = letters_of(texts[i]);
      if (letters > rank || (letters < rank && !has_dots(texts[i]))) {
        fail_input("'{}' of equation '{}' for {}", texts[i], equation, call.shape(i).str());
      }
      if (call.type(i).bounded) fail_input("einsum of a bounded tensor ({}) is not defined", call.type(i).str());
      widest = std::max(widest, rank - letters);
      terms_.push_back({call.in(i), read_term(texts[i], rank - letters)});
    }
    result_ = arrow == std::string::npos ? implied(texts, widest) : read_term(equation.substr(arrow + 2), widest);
    if (arrow != std::string::npos && widest > 0 && !has_dots(equation.substr(arrow + 2))) {
      fail_input("equation '{}' has no dots behind the arrow", equation);
    }
    if (std::set<Label>(result_.begin(), result_.end()).size() != result_.size()) {
      fail_input("equation '{}' has a label twice behind the arrow", equation);
    }
  }

  Operand run() {
    for (Term& term : terms_) term = without_repeated(std::move(term));
    measure();
    for (Term& term : terms_) term = without_stretched(std::move(term));
    Term product = terms_[0];
    for (std::size_t i = 1; i < terms_.size(); ++i) {
      Labels needed = result_;
      for (std::size_t k = i + 1; k < terms_.size(); ++k) {
        needed.insert(needed.end(), terms_[k].labels.begin(), terms_[k].labels.end());
      }
      product = multiplied(std::move(product), terms_[i], needed);
    }
    product = summed(std::move(product), result_);
    // A label whose every operand was stretched along it has size 1.
    for (const Label label : result_) {
      if (contains(product.labels, label)) continue;
      Ints shape = s_.type(product.value).shape.vec();
      shape.push_back(1);
      product = {s_.reshape(product.value, shape), product.labels};
      product.labels.push_back(label);
    }
    return in_order(product, result_).value;
  }

 private:
  /// Without an arrow: what the dots stand for, then the letters that stand once, in order.
  static Labels implied(const std::vector<std::string>& texts, std::size_t widest) {
    std::map<char, int> counts;
    for (const std::string& text : texts) {
      for (const char c : text) {
        if (c != '.') ++counts[c];
      }
    }
    Labels labels;
    for (std::size_t d = widest; d-- > 0;) labels.push_back(dots + static_cast<Label>(d));
    for (const auto& [letter, count] : counts) {
      if (count == 1) labels.push_back(letter);
    }
    return labels;
  }

  /// Of a label that stands twice the diagonal.
  Term without_repeated(Term term) const {
    for (std::size_t i = 0; i < term.labels.size(); ++i) {
      const auto again =
          std::find(term.labels.begin() + static_cast<std::ptrdiff_t>(i) + 1, term.labels.end(), term.labels[i]);
      if (again == term.labels.end()) continue;
      const auto j = static_cast<std::size_t>(again - term.labels.begin());
      const Shape shape = s_.type(term.value).shape;
      const std::int64_t size = shape[i];
      if (shape[j] != size) fail_input("a label stands for {} and {} in {}", size, shape[j], shape.str());
      Ints perm, rest;
      for (std::size_t d = 0; d < shape.rank(); ++d) {
        if (d == i || d == j) continue;
        perm.push_back(static_cast<std::int64_t>(d)), rest.push_back(shape[d]);
      }
      perm.push_back(static_cast<std::int64_t>(i)), perm.push_back(static_cast<std::int64_t>(j));
      rest.push_back(checked_mul(size, size));
      const Operand flat = s_.reshape(turned(term.value, perm), rest);
      const Operand diagonal = s_.take(flat, rest.size() - 1, size, [&](std::int64_t k) { return k * (size + 1); });
      const Label label = term.labels[i];
      std::erase(term.labels, label);
      term.labels.push_back(label);
      return without_repeated({diagonal, term.labels});
    }
    return term;
  }

  /// The size of each label: those of its dimensions, of which any may be 1.
  void measure() {
    for (const Term& term : terms_) {
      const Shape shape = s_.type(term.value).shape;
      for (std::size_t d = 0; d < term.labels.size(); ++d) {
        std::int64_t& size = sizes_.emplace(term.labels[d], shape[d]).first->second;
        if (size == 1) size = shape[d];
        if (shape[d] != 1 && shape[d] != size) fail_input("a label stands for {} and {}", size, shape[d]);
      }
    }
    for (const Label label : result_) {
      if (!sizes_.contains(label)) {
        if (label < dots) fail_input("'{}' behind the arrow stands in no operand", static_cast<char>(label));
        sizes_.emplace(label, 1);
      }
    }
  }

  /// Without dimensions of size 1, which are stretched, or change nothing.
  Term without_stretched(Term term) const {
    const Shape shape = s_.type(term.value).shape;
    Ints kept;
    Labels labels;
    for (std::size_t d = 0; d < term.labels.size(); ++d) {
      if (shape[d] != 1) kept.push_back(shape[d]), labels.push_back(term.labels[d]);
    }
    return {s_.reshape(term.value, kept), labels};
  }

  /// Summed over the labels that are not `needed`.
  Term summed(Term term, const Labels& needed) const {
    Ints axes;
    Labels kept;
    for (std::size_t d = 0; d < term.labels.size(); ++d) {
      if (contains(needed, term.labels[d])) kept.push_back(term.labels[d]);
      else axes.push_back(static_cast<std::int64_t>(d));
    }
    if (axes.empty()) return term;
    return {s_.reduce(ReduceKind::sum, term.value, axes, false), kept};
  }

  Term multiplied(Term a, Term b, const Labels& needed) const {
    const auto needed_beside = [&](const Term& other) {
      Labels all = needed;
      all.insert(all.end(), other.labels.begin(), other.labels.end());
      return all;
    };
    a = summed(std::move(a), needed_beside(b));
    b = summed(std::move(b), needed_beside(a));
    Labels shared, inner, of_a, of_b;
    for (const Label label : a.labels) {
      if (!contains(b.labels, label)) of_a.push_back(label);
      else (contains(needed, label) ? shared : inner).push_back(label);
    }
    for (const Label label : b.labels) {
      if (!contains(a.labels, label)) of_b.push_back(label);
    }
    const Labels result = joined({shared, of_a, of_b});
    a = in_order(a, joined({shared, of_a, inner}));
    b = in_order(b, joined({shared, inner, of_b}));
    const std::int64_t batch = size_of(shared), rows = size_of(of_a), columns = size_of(of_b), depth = size_of(inner);
    const auto shaped = [&](std::int64_t p, std::int64_t q) { return shared.empty() ? Ints{p, q} : Ints{batch, p, q}; };
    Operand product;
    if (inner.empty()) {
      product = s_.mul(s_.reshape(a.value, shaped(rows, 1)), s_.reshape(b.value, shaped(1, columns)));
    } else {
      product = matrix_product(s_.reshape(a.value, shaped(rows, depth)), s_.reshape(b.value, shaped(depth, columns)));
    }
    Ints shape;
    for (const Label label : result) shape.push_back(sizes_.at(label));
    return {s_.reshape(product, shape), result};
  }

  /// By a constant it is a layer, which folding sees through.
  Operand matrix_product(const Operand& a, const Operand& b) const {
    if (!b.known || b.known->shape().rank() != 2 || !is_float(b.known->dtype())) return s_.emit(MatMul{}, {a, b});
    const Known weight = s_.known().permuted(*b.known, {1, 0});
    return s_.emit(Dense{weight.shape()[0], false}, {a}, {{Slot::weight, weight}});
  }

  Term in_order(const Term& term, const Labels& order) const {
    Ints perm;
    for (const Label label : order) perm.push_back(std::ranges::find(term.labels, label) - term.labels.begin());
    return {turned(term.value, perm), order};
  }

  Operand turned(const Operand& x, const Ints& perm) const {
    return std::ranges::is_sorted(perm) ? x : s_.emit(Transpose{perm}, {x});
  }

  static Labels joined(std::initializer_list<Labels> parts) {
    Labels all;
    for (const Labels& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  }

  [[nodiscard]] std::int64_t size_of(const Labels& labels) const {
    std::int64_t size = 1;
    for (const Label label : labels) size = checked_mul(size, sizes_.at(label));
    return size;
  }

  Steps s_;
  std::vector<Term> terms_;
  Labels result_;
  std::map<Label, std::int64_t> sizes_;
};

void einsum(Call& call) { call.result(0, Einsum(call).run()); }

constexpr Row rows[] = {{"Einsum", einsum}};

}  // namespace

std::span<const Row> einsum_rows() { return rows; }

}  // namespace banoff::onnx_import
