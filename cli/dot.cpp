#include "cli/dot.hpp"

#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "banoff/file.hpp"
#include "cli/options.hpp"

extern char** environ;

namespace banoff::cli {
namespace {

constexpr std::string_view folded_colour = "#b7e1b0", clamp_colour = "#f5e6a3", fused_colour = "#f7d3a6",
                           left_colour = "#f4b6b0", touched_colour = "#dcebfa";

std::string dot_string(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::map<std::string, std::string_view> colours_of(const FoldReport& report, const Outcomes& outcomes) {
  std::map<std::string, std::string_view> colours;
  for (const FoldedNorm& norm : report.norms) {
    for (const auto* nodes : {&norm.into, &norm.inverse}) {
      for (const std::string& node : *nodes) colours.emplace(node, touched_colour);
    }
  }
  for (const FoldedNorm& norm : report.norms) {
    const std::string_view outcome = outcomes.of(norm);
    colours[norm.name] = outcome == "folded"  ? folded_colour
                         : outcome == "clamp" ? clamp_colour
                         : outcome == "fused" ? fused_colour
                                              : left_colour;
  }
  return colours;
}

/// A new folder under the system's temporary one, removed with everything in it.
class ScratchFolder {
 public:
  ScratchFolder() : path_((std::filesystem::temp_directory_path() / "banoff-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) fail_input(fmt::format("{}: cannot be created", path_));
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Runs a program of the PATH, without a shell. Returns its exit status; -1: there is no such program.
int run_program(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ);
  if (error == ENOENT) return -1;
  int status = 0;
  if (error != 0 || ::waitpid(child, &status, 0) != child) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

std::string dot_of(const Model& model, const FoldReport& report, const Outcomes& outcomes) {
  const auto colours = colours_of(report, outcomes);
  std::map<std::string, std::string> producer;  // of a value, by name
  std::string nodes, edges;
  const auto edge = [&](const std::string& value, const std::string& to) {
    edges += fmt::format("  {} -> {};\n", dot_string(producer.at(value)), dot_string(to));
  };
  for (const TensorInfo& input : model.inputs()) {
    const std::string id = "input " + input.name;
    producer[input.name] = id;
    nodes += fmt::format("  {} [label={}, shape=ellipse];\n", dot_string(id),
                         dot_string(input.name + " " + input.shape.str()));
  }
  const std::vector<LayerInfo> layers = model.layers();
  for (const LayerInfo& layer : layers) {
    for (const TensorInfo& output : layer.outputs) producer[output.name] = layer.name;
    const auto colour = colours.find(layer.name);
    const std::string fill =
        colour == colours.end() ? "" : fmt::format(", style=filled, fillcolor=\"{}\"", colour->second);
    const std::string label =
        layer.name + "\n" + layer.op + " " + layer.attributes + "\n" + layer.outputs.front().shape.str();
    nodes += fmt::format("  {} [label={}{}];\n", dot_string(layer.name), dot_string(label), fill);
  }
  for (const LayerInfo& layer : layers) {
    for (const std::string& input : layer.inputs) edge(input, layer.name);
  }
  return fmt::format("digraph {} {{\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n{}{}}}\n",
                     dot_string(model.name()), nodes, edges);
}

void write_svg(const std::filesystem::path& file, const std::string& dot) {
  const ScratchFolder scratch;
  std::ofstream(scratch.file("graph.dot")) << dot;
  const int status = run_program({"dot", "-Tsvg", "-o", scratch.file("graph.svg"), scratch.file("graph.dot")});
  if (status < 0) fail_usage("--svg needs Graphviz' program `dot`, which is not on the PATH; install it, or use --dot");
  std::ifstream stream(scratch.file("graph.svg"), std::ios::binary);
  const std::string svg((std::istreambuf_iterator<char>(stream)), {});
  if (status != 0 || svg.empty()) throw Error(ErrorKind::internal, fmt::format("`dot` failed with status {}", status));
  write_file_atomically(file, svg);
}

}  // namespace banoff::cli
