// Figure 5 as tables and JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/bench.hpp"
#include "bench/figure/figure5.hpp"

namespace banoff::bench {

namespace {

std::string saved_text(const Point& point) {
  if (!point.refused.empty()) return point.refused;
  if (!point.saved) return "-";
  return fmt::format("{:.1f} ± {:.1f}", point.saved->value, point.saved->half_width());
}

std::string method_text(const Point& point) {
  return point.setting.empty() ? point.family : fmt::format("{}, {}", point.family, point.setting);
}

/// One line per point, cells between `before`, `between` and `after`.
std::string rows(const Figure5& figure, std::string_view network, bool markdown) {
  std::string text;
  for (const Point& point : figure.points) {
    if (point.network != network) continue;
    const std::string accuracy = point.refused.empty() ? fmt::format("{:.2f}", 100 * point.accuracy) : "";
    const std::string ms = point.refused.empty() ? fmt::format("{:.3f}", point.min_ms) : "";
    const std::string kilo =
        point.refused.empty() ? fmt::format("{:.0f}", 1e-3 * static_cast<double>(point.parameters)) : "";
    if (markdown) {
      text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", method_text(point), point.fold, kilo, accuracy, ms,
                          saved_text(point));
    } else {
      text += fmt::format("{:<18}  {:<8}  {:>10}  {:>8}  {:>9}  {}\n", method_text(point), point.fold, kilo, accuracy,
                          ms, saved_text(point));
    }
  }
  return text;
}

std::vector<std::string> networks_of(const Figure5& figure) {
  std::vector<std::string> names;
  for (const Point& point : figure.points) {
    if (names.empty() || names.back() != point.network) names.push_back(point.network);
  }
  return names;
}

std::string published_text() {
  std::string text = "Published, ResNet-56 on CIFAR-10, % of the time saved:";
  for (const Published& each : published_in_figure5()) {
    if (each.low == each.high) text += fmt::format(" {} {};", each.what, each.high);
    else text += fmt::format(" {} {} to {};", each.what, each.low, each.high);
  }
  text.back() = '\n';
  return text;
}

}  // namespace

std::string to_text(const Figure5& figure) {
  std::string text;
  const std::vector<std::string> names = networks_of(figure);
  for (std::size_t n = 0; n < names.size(); ++n) {
    text += fmt::format("{}, {} pictures\n{:<18}  {:<8}  {:>10}  {:>8}  {:>9}  {}\n", names[n], figure.pictures[n],
                        "method", "folded", "1000 param", "accuracy", "least ms", "saved %");
    text += rows(figure, names[n], false) + "\n";
  }
  return text + published_text();
}

std::string to_markdown(const Figure5& figure) {
  std::string text;
  const std::vector<std::string> names = networks_of(figure);
  for (std::size_t n = 0; n < names.size(); ++n) {
    text += fmt::format(
        "### {}, {} pictures\n\n| method | folded | 1000 parameters | accuracy % | least ms | saved % |\n"
        "|---|---|---|---|---|---|\n",
        names[n], figure.pictures[n]);
    text += rows(figure, names[n], true) + "\n";
  }
  return text + published_text();
}

nlohmann::json to_json(const Figure5& figure) {
  nlohmann::json points = nlohmann::json::array(), published = nlohmann::json::array();
  for (const Point& point : figure.points) {
    nlohmann::json row{{"network", point.network},
                       {"method", point.family},
                       {"setting", point.setting},
                       {"fold", point.fold},
                       {"refused", point.refused}};
    if (point.refused.empty()) {
      row["accuracy"] = point.accuracy;
      row["parameters"] = point.parameters;
      row["flops"] = point.flops;
      row["min_ms"] = point.min_ms;
      row["saved_percent"] = nullptr;
      if (point.saved) {
        row["saved_percent"] = {{"value", point.saved->value}, {"low", point.saved->low}, {"high", point.saved->high}};
      }
    }
    points.push_back(std::move(row));
  }
  for (const Published& each : published_in_figure5()) {
    published.push_back({{"what", each.what}, {"low", each.low}, {"high", each.high}});
  }
  return {{"figure", 5},
          {"machine", to_json(figure.machine)},
          {"device", figure.device.name},
          {"threads", figure.device.threads},
          {"pictures", figure.pictures},
          {"points", points},
          {"published", published}};
}

}  // namespace banoff::bench
