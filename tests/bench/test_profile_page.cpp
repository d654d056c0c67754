#include <doctest/doctest.h>

#include <cctype>

#include "bench/profile/layer_rows.hpp"
#include "tests/bench/synthetic_profile.hpp"

using namespace banoff;
using namespace banoff::bench;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

bool has(const std::string& text, const std::string& part) { return count(text, part) > 0; }

/// What is wrong with the nesting of a page's elements; empty where nothing is.
std::string fault_of(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string::npos;) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "a tag without an end";
    const std::string tag = html.substr(at + 1, end - at - 1);
    at = end;
    if (tag.empty() || tag.find('<') != std::string::npos) return "a < that is no tag: " + tag;
    if (count(tag, "\"") % 2 != 0) return "a quote that does not end: " + tag;
    const bool closes = tag.front() == '/';
    std::string name;
    for (std::size_t i = closes ? 1 : 0; i < tag.size() && std::isalnum(static_cast<unsigned char>(tag[i])) != 0; ++i)
      name += tag[i];
    if (tag.front() == '!' || name == "meta" || tag.back() == '/') continue;
    if (!closes) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> ends nothing";
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> does not end";
}

Profile with_steps(const std::string& method, std::vector<ProfiledStep> steps) {
  Profile p = synthetic_profile();
  p.method = method;
  p.activations = "";
  p.steps = std::move(steps);
  return p;
}

ProfiledStep kernel(std::vector<std::string> nodes, const std::string& kind = "conv") {
  return synthetic_step(std::move(nodes), kind, 10, 1000, 1000);
}

/// A norm of its own, and the same network with the norm folded and the sum in the kernel behind a change of layout.
std::vector<Profile> two_ways() {
  return {with_steps("none", {kernel({"conv1"}), kernel({"bn"}, "batch_norm"), kernel({"relu"}, "relu"),
                              kernel({"conv2"}), kernel({"sum"}, "add"), kernel({"fc"}, "dense")}),
          with_steps("optimal", {kernel({}, "reorder"), kernel({"conv1", "relu"}), kernel({}, "reorder"),
                                 kernel({"conv2", "sum"}), kernel({"fc"}, "dense"), kernel({}, "copy")})};
}

std::vector<std::string> labels(const std::vector<const ProfiledStep*>& kernels) {
  std::vector<std::string> result;
  for (const ProfiledStep* each : kernels) result.push_back(each->step.label);
  return result;
}

}  // namespace

TEST_CASE("a layer's kernels are paired by their nodes, and the others stand with their neighbours") {
  using Labels = std::vector<std::string>;
  const std::vector<Profile> ways = two_ways();
  const std::vector<LayerRow> rows = layer_rows(ways);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].label == "conv1");
  CHECK(labels(rows[0].kernels[0]) == Labels{"conv1", "bn", "relu"});
  CHECK(labels(rows[0].kernels[1]) == Labels{"reorder b", "conv1 + relu"});
  CHECK(labels(rows[1].kernels[0]) == Labels{"conv2", "sum"});
  CHECK(labels(rows[1].kernels[1]) == Labels{"reorder b", "conv2 + sum"});
  CHECK(labels(rows[2].kernels[0]) == Labels{"fc"});
  CHECK(labels(rows[2].kernels[1]) == Labels{"fc", "copy b"});
}

TEST_CASE("a network alone has a row per kernel, and one without a common node a single row") {
  const std::vector<Profile> ways = two_ways();
  CHECK(layer_rows(std::span(ways).first(1)).size() == 6);
  const std::vector<Profile> strangers{with_steps("none", {kernel({"a"}), kernel({"b"})}),
                                       with_steps("naive", {kernel({"c"})})};
  const std::vector<LayerRow> rows = layer_rows(strangers);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].kernels[0].size() == 2);
  CHECK(rows[0].kernels[1].size() == 1);
}

TEST_CASE("the page of profiles is well-formed, needs nothing else, and has a bar for every kernel") {
  ProfileReport report;
  report.machine.cpu = "CPU <fast> & cheap";
  report.profiles = two_ways();
  Profile other = synthetic_profile();
  other.model = "another \"net\"";
  report.profiles.push_back(other);
  const std::string html = to_html(report);
  CHECK(fault_of(html) == "");
  CHECK(count(html, "class=\"step\"") == 6 + 6 + 4);
  CHECK(count(html, "<section>") == 2);
  CHECK(count(html, "<details>") == 3);
  CHECK(has(html, "CPU &lt;fast&gt; &amp; cheap"));
  CHECK(has(html, "another &quot;net&quot; on cpu"));
  CHECK(has(html, "unfolded, norms fused: conv1\n"));
  CHECK(has(html, "50.0 GFLOP/s (25.0 % of the peak)"));
  CHECK(has(html, ">d&lt;<"));  // a node's name
  CHECK_FALSE(has(html, "nan"));
  for (const char* loads : {"<script", "http:", "https:", "src=", "@import", "url("}) CHECK_FALSE(has(html, loads));
}

TEST_CASE("the test of pages finds what is wrong with one") {
  CHECK(fault_of("<p>a<b>c</b></p><meta x=\"1\"><i/>") == "");
  CHECK(fault_of("<p><b></p></b>") != "");
  CHECK(fault_of("<p>") != "");
  CHECK(fault_of("<p class=\"a>b</p>") != "");
}
