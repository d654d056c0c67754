#include "runtime/load/yaml_document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <map>
#include <sstream>

#include "runtime/core/fail.hpp"
#include "runtime/load/suggest.hpp"

namespace banoff {

const YamlEntry* Yaml::find(std::string_view key) const {
  const auto entry = std::ranges::find(entries, key, &YamlEntry::key);
  return entry == entries.end() ? nullptr : &*entry;
}

void fail_at(const std::string& file, int line, const std::string& message) {
  fail_input("{}: {}", Location{file, line}.str(), message);
}

namespace {

/// Builds the tree from yaml-cpp's events, so that every limit holds before memory is spent.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, const LoadLimits& limits) : file_(file), limits_(limits) {}

  [[nodiscard]] YamlPtr take() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark&, const std::string&) override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add_leaf(make(Yaml::Kind::null, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) fail_at(file_, mark.line + 1, "an alias inside the value it names");
    count(target->second->size, mark.line + 1);
    add(target->second, mark.line + 1);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    auto leaf = make(Yaml::Kind::scalar, mark);
    leaf->text = text;
    leaf->quoted = tag != "?";
    add_leaf(std::move(leaf), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(Yaml::Kind::list, mark), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(Yaml::Kind::map, mark), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    std::shared_ptr<Yaml> node;
    YAML::anchor_t anchor;
    bool has_key = false;             ///< of a map: the last entry waits for its value
    std::map<std::string, int> keys;  ///< of a map: lines of the keys so far
  };

  std::shared_ptr<Yaml> make(Yaml::Kind kind, const YAML::Mark& mark) {
    count(1, mark.line + 1);
    auto node = std::make_shared<Yaml>();
    node->kind = kind;
    node->line = mark.line + 1;
    return node;
  }

  void count(std::size_t nodes, int line) {
    nodes_ += nodes;
    if (nodes_ > limits_.max_yaml_nodes) {
      fail_at(file_, line, fmt::format("more than {} values, aliases counted in full", limits_.max_yaml_nodes));
    }
  }

  void open(std::shared_ptr<Yaml> node, YAML::anchor_t anchor) {
    check_depth(stack_.size() + 1, node->line);
    stack_.push_back({std::move(node), anchor, false, {}});
  }

  void check_depth(std::size_t depth, int line) const {
    if (depth > limits_.max_yaml_depth) {
      fail_at(file_, line, fmt::format("nested more than {} levels deep", limits_.max_yaml_depth));
    }
  }

  void close() {
    const Open done = std::move(stack_.back());
    stack_.pop_back();
    if (done.anchor != YAML::NullAnchor) anchors_[done.anchor] = done.node;
    add(done.node, done.node->line);
  }

  void add_leaf(std::shared_ptr<Yaml> leaf, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = leaf;
    const int line = leaf->line;
    add(std::move(leaf), line);
  }

  void add(YamlPtr child, int line) {
    if (stack_.empty()) {
      root_ = std::move(child);
      return;
    }
    Open& parent = stack_.back();
    Yaml& node = *parent.node;
    check_depth(stack_.size() + child->depth, line);
    node.depth = std::max(node.depth, child->depth + 1);
    node.size += child->size;
    if (node.kind == Yaml::Kind::list) {
      node.items.push_back(std::move(child));
    } else if (parent.has_key) {
      node.entries.back().value = std::move(child);
      parent.has_key = false;
    } else {
      if (!child->is(Yaml::Kind::scalar)) fail_at(file_, line, "a key must be a plain text");
      const auto [first, is_new] = parent.keys.insert({child->text, line});
      if (!is_new)
        fail_at(file_, line, fmt::format("duplicate key '{}' (first on line {})", child->text, first->second));
      node.entries.push_back({child->text, line, nullptr});
      parent.has_key = true;
    }
  }

  const std::string& file_;
  const LoadLimits& limits_;
  std::size_t nodes_ = 0;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, YamlPtr> anchors_;
  YamlPtr root_;
};

}  // namespace

YamlPtr parse_document(std::string_view text, const std::string& file, const LoadLimits& limits) {
  if (text.size() > limits.max_yaml_bytes) {
    fail_input("{}: {} bytes, more than the {} a model file may have", file, text.size(), limits.max_yaml_bytes);
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(file, limits);
    if (!parser.HandleNextDocument(builder) || !builder.take()) fail_input("{}: the file is empty", file);
    TreeBuilder rest(file, limits);
    if (parser.HandleNextDocument(rest)) fail_input("{}: more than one YAML document", file);
    return builder.take();
  } catch (const YAML::Exception& e) {
    fail_at(file, e.mark.is_null() ? 0 : e.mark.line + 1, "not valid YAML: " + e.msg);
  }
}

void check_keys(const Yaml& map, std::string_view what, const std::vector<std::string_view>& known,
                const std::string& file) {
  if (!map.is(Yaml::Kind::map)) fail_at(file, map.line, fmt::format("{} must be a map", what));
  for (const YamlEntry& entry : map.entries) {
    if (std::ranges::find(known, entry.key) == known.end()) {
      fail_at(file, entry.line, fmt::format("{}: unknown key '{}'{}", what, entry.key, did_you_mean(entry.key, known)));
    }
  }
}

}  // namespace banoff
