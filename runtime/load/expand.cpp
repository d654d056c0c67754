#include "runtime/load/expand.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/load/expander.hpp"
#include "runtime/load/inputs.hpp"

namespace banoff {

namespace {
constexpr std::int64_t max_repeat = 1000;
constexpr std::size_t max_path = 1000;

bool has_expression(const std::string& text) { return text.find('$') != std::string::npos; }

/// What reading a value costs: its nodes, and its text where expressions stand.
std::size_t cost_of(const Yaml& yaml) {
  std::size_t cost = 1 + yaml.text.size() / 32;
  for (const YamlPtr& item : yaml.items) cost += cost_of(*item);
  return cost;
}
}  // namespace

void expand(const Yaml& root, const std::string& file, const Env& env, const std::map<std::string, std::int64_t>& sizes,
            const LoadLimits& limits, Graph& graph) {
  Expander(root, file, env, limits, graph).run(sizes);
}

Expander::Expander(const Yaml& root, const std::string& file, const Env& env, const LoadLimits& limits, Graph& graph)
    : root_(root), file_(file), env_(env), limits_(limits), graph_(graph) {}

void Expander::run(const std::map<std::string, std::int64_t>& sizes) {
  Scope scope;
  scope.env = &env_;
  for (const GraphInput& input : graph_.inputs) {
    const std::string& name = graph_.value(input.value).name;
    scope.names[name] = {input.value};
    registry_.entries[name] = {{input.value}, root_.find("inputs")->line};
    types_.push_back(nominal_type(input, sizes));
  }
  if (graph_.inputs.size() == 1) scope.input = {graph_.inputs[0].value};
  if (const YamlEntry* blocks = root_.find("blocks")) {
    if (!blocks->value->is(Yaml::Kind::map)) fail_at(file_, blocks->line, "blocks must be a map from name to block");
    for (const YamlEntry& block : blocks->value->entries) {
      check_keys(*block.value, fmt::format("block '{}'", block.key), {"args", "inputs", "nodes", "output"}, file_);
    }
  }
  const YamlEntry* nodes = root_.find("nodes");
  if (nodes == nullptr) fail_at(file_, root_.line, "'nodes' must be given");
  const Values last = items(*nodes->value, nullptr, scope);
  add_outputs(scope, last);
}

Values Expander::items(const Yaml& nodes, const Yaml* output, Scope& scope) {
  const std::vector<Item> list = items_of(nodes, file_);
  scope.items = &list;
  Values last = scope.input;
  for (scope.current = 0; scope.current < list.size(); ++scope.current) {
    last = item(list[scope.current], scope, last);
  }
  if (output != nullptr) last = references(*output, *scope.env, scope, output->line, scope.prefix + "output");
  scope.items = nullptr;
  return last;
}

Values Expander::item(const Item& item, const Scope& scope, const Values& before) {
  spend(1, item.line);
  if (const YamlEntry* repeat = item.body->find("repeat")) return repeated(item, *repeat, scope, before);
  return instance(item, name_of(item, *scope.env), *scope.env, scope, before, false).value_or(before);
}

Values Expander::repeated(const Item& item, const YamlEntry& repeat, const Scope& scope, const Values& before) {
  const Datum given = value(*repeat.value, *scope.env);
  const auto* count = given.as<std::int64_t>();
  if (count == nullptr || *count < 0 || *count > max_repeat) {
    fail(repeat.line, scope.prefix + item.name,
         fmt::format("repeat: expected a number from 0 to {}, got {}", max_repeat, given.describe()));
  }
  Values last = before;
  // One environment for all, so that the list of what they made grows in place.
  Env env{scope.env, {{"i", Datum()}, {"outputs", Datum(std::vector<Datum>())}}};
  Datum& outputs = env.names.find("outputs")->second;
  const auto any = [&] { return !outputs.items()->empty(); };
  for (std::int64_t i = 0; i < *count; ++i) {
    spend(1, item.line);
    env.names.find("i")->second = Datum(i);
    const std::string name = has_expression(item.name) ? name_of(item, env) : fmt::format("{}.{}", item.name, i);
    if (std::optional<Values> made = instance(item, name, env, scope, last, any())) {
      spend(outputs.append(Datum("/" + scope.prefix + name)), item.line);
      last = std::move(*made);
    }
  }
  if (any() && !has_expression(item.name)) enter(scope.prefix + item.name, last, item.line);
  return last;
}

std::optional<Values> Expander::instance(const Item& item, const std::string& name, const Env& env, const Scope& scope,
                                         const Values& before, bool chained) {
  Instance at{item, scope.prefix + name, env, scope, before, {}};
  const bool printable =
      std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (name.empty() || at.path.size() > max_path || !printable) {
    fail(item.line, at.path.substr(0, max_path), fmt::format("a name has 1 to {} printable characters", max_path));
  }
  const Yaml& body = *item.body;
  if (const YamlEntry* when = body.find("when"); when != nullptr && !value(*when->value, env).truthy())
    return std::nullopt;
  if (const YamlEntry* from = body.find("from")) {
    // A repeated item feeds each instance from the one before, unless `from` says how it depends on the index.
    const std::size_t uses = env.uses;
    Values given = references(*from->value, env, scope, from->line, at.path);
    if (!chained || env.uses != uses) at.inputs = std::move(given);
  }
  if (const YamlEntry* shared = body.find("weights_from"); shared != nullptr && !shared->value->is(Yaml::Kind::map)) {
    if (const Datum path = value(*shared->value, env); !path.is_null()) {
      at.weights = registry_.path_of(path.str(), scope);
      if (at.weights.empty()) fail(shared->line, at.path, "weights_from: " + explain_missing(path.str(), scope));
    }
  } else if (!scope.weights.empty()) {
    at.weights = scope.weights + name;
  }
  const YamlEntry* block_name = body.find("block");
  const bool is_group = body.is(Yaml::Kind::list) || body.find("nodes") != nullptr;
  Values made = block_name != nullptr ? block(at, *block_name) : is_group ? group(at) : node(at);
  enter(at.path, made, item.line);
  return made;
}

Scope Expander::inside(const Instance& at, const Env& env, std::string_view what) const {
  Scope scope;
  scope.parent = &at.scope;
  scope.prefix = at.path + ".";
  scope.env = &env;
  scope.input = at.inputs;
  scope.weights = at.weights.empty() ? "" : at.weights + ".";
  scope.depth = at.scope.depth + 1;
  if (scope.depth > limits_.max_yaml_depth) {
    fail(at.item.line, at.path.substr(0, 80) + "…",
         fmt::format("{} nested more than {} levels deep (does a block use itself?)", what, limits_.max_yaml_depth));
  }
  return scope;
}

Values Expander::group(const Instance& at) {
  const Yaml& body = *at.item.body;
  Scope scope = inside(at, at.env, "groups");
  if (body.is(Yaml::Kind::list)) return items(body, nullptr, scope);
  check_keys(body, fmt::format("group '{}'", at.path), {"nodes", "from", "when", "repeat", "weights_from", "output"},
             file_);
  const YamlEntry* output = body.find("output");
  return items(*body.find("nodes")->value, output == nullptr ? nullptr : output->value.get(), scope);
}

Values Expander::block(const Instance& at, const YamlEntry& name) {
  const std::string wanted = value(*name.value, at.env).str();
  const YamlEntry* blocks = root_.find("blocks");
  const YamlEntry* found = blocks == nullptr ? nullptr : blocks->value->find(wanted);
  if (found == nullptr) {
    std::vector<std::string_view> known;
    if (blocks != nullptr)
      for (const YamlEntry& entry : blocks->value->entries) known.push_back(entry.key);
    fail(name.line, at.path, fmt::format("there is no block '{}'{}", wanted, did_you_mean(wanted, known)));
  }
  const Yaml& body = *found->value;
  Env env{&env_, {}};
  arguments(at, wanted, body, env);
  Scope scope = inside(at, env, "blocks");
  if (const YamlEntry* inputs = body.find("inputs")) {
    const Datum names = value(*inputs->value, env);
    const std::size_t count = names.items() == nullptr ? 0 : names.items()->size();
    if (names.items() == nullptr)
      fail_at(file_, inputs->line, fmt::format("block '{}': inputs must be a list of names", wanted));
    if (count != at.inputs.size()) {
      fail(at.item.line, at.path, fmt::format("block '{}' takes {} inputs, got {}", wanted, count, at.inputs.size()));
    }
    for (std::size_t i = 0; i < count; ++i) scope.names[(*names.items())[i].str()] = {at.inputs[i]};
  } else {
    scope.names["input"] = at.inputs;
  }
  const YamlEntry* nodes = body.find("nodes");
  if (nodes == nullptr) fail_at(file_, found->line, fmt::format("block '{}': 'nodes' must be given", wanted));
  const YamlEntry* output = body.find("output");
  return items(*nodes->value, output == nullptr ? nullptr : output->value.get(), scope);
}

void Expander::arguments(const Instance& at, const std::string& name, const Yaml& block, Env& inner) {
  const YamlEntry* declared = block.find("args");
  const Yaml none_declared;
  const Yaml& args = declared == nullptr ? none_declared : *declared->value;
  if (declared != nullptr && !args.is(Yaml::Kind::map))
    fail_at(file_, declared->line, fmt::format("block '{}': args must be a map", name));
  const std::vector<std::string_view> common{"block", "from", "when", "repeat", "weights_from"};
  for (const YamlEntry& given : at.item.body->entries) {
    if (std::ranges::find(common, given.key) != common.end() || args.find(given.key) != nullptr) continue;
    std::vector<std::string_view> known;
    for (const YamlEntry& arg : args.entries) known.push_back(arg.key);
    fail(given.line, at.path,
         fmt::format("block '{}' has no argument '{}'{}", name, given.key, did_you_mean(given.key, known)));
  }
  for (const YamlEntry& arg : args.entries) {
    const YamlEntry* given = at.item.body->find(arg.key);
    if (given == nullptr && arg.value->is(Yaml::Kind::null)) {
      fail(at.item.line, at.path, fmt::format("block '{}' needs the argument '{}'", name, arg.key));
    }
    Datum datum = given == nullptr ? value(*arg.value, inner) : value(*given->value, at.env);
    spend(datum.weight(), arg.line);
    inner.names[arg.key] = std::move(datum);
  }
}

Values Expander::references(const Yaml& yaml, const Env& env, const Scope& scope, int line, const std::string& path) {
  const Datum given = value(yaml, env);
  Values result;
  try {
    flatten(given, scope, result);
  } catch (const Error& error) {
    fail(line, path, error.what());
  }
  spend(result.size(), line);
  return result;
}

void Expander::flatten(const Datum& reference, const Scope& scope, Values& to) {
  if (const auto* items = reference.items()) {
    for (const Datum& item : *items) flatten(item, scope, to);
    return;
  }
  if (reference.is_null()) fail_input("'from' needs a reference, got null");
  const Values values = registry_.resolve(reference.str(), scope);
  to.insert(to.end(), values.begin(), values.end());
}

void Expander::add_outputs(const Scope& scope, const Values& last) {
  const YamlEntry* section = root_.find("outputs");
  if (section == nullptr) {
    if (graph_.nodes.empty()) fail_at(file_, root_.find("nodes")->line, "the network has no nodes");
    for (const ValueId id : last) graph_.add_output(graph_.value(id).name, id);
    return;
  }
  const auto add = [&](const std::string& name, const Yaml& reference, int line) {
    if (std::ranges::any_of(graph_.outputs, [&](const GraphOutput& o) { return o.name == name; })) {
      fail_at(file_, line, fmt::format("two outputs called '{}'", name));
    }
    const Values values = references(reference, env_, scope, line, "outputs");
    if (values.size() != 1)
      fail_at(file_, line, fmt::format("output '{}' means {} values, expected one", name, values.size()));
    graph_.add_output(name, values[0]);
  };
  const Yaml& outputs = *section->value;
  for (const YamlEntry& entry : outputs.entries) add(entry.key, *entry.value, entry.line);
  for (const YamlPtr& reference : outputs.items) add(value(*reference, env_).str(), *reference, reference->line);
  if (graph_.outputs.empty())
    fail_at(file_, section->line, "outputs must be a map or a list of references, and not empty");
}

std::string Expander::name_of(const Item& item, const Env& env) const {
  if (!has_expression(item.name)) return item.name;
  try {
    return interpolate(item.name, env).str();
  } catch (const Error& error) {
    fail(item.line, item.name, error.what());
  }
}

void Expander::enter(const std::string& path, const Values& values, int line) {
  const auto [entry, is_new] = registry_.entries.insert({path, {values, line}});
  if (!is_new) fail(line, path, fmt::format("the name is used twice (first on line {})", entry->second.line));
}

Datum Expander::value(const Yaml& yaml, const Env& env) {
  spend(cost_of(yaml), yaml.line);
  return interpolate(yaml, env, file_);
}

void Expander::spend(std::size_t work, int line) {
  work_ += work;
  if (work_ > limits_.max_yaml_nodes) {
    fail_at(file_, line, fmt::format("the network expands to more than {} items", limits_.max_yaml_nodes));
  }
}

void Expander::fail(int line, const std::string& path, const std::string& message) const {
  fail_at(file_, line, fmt::format("'{}': {}", path, message));
}

}  // namespace banoff
