// The walk over a model file's items that makes nodes of them.
#pragma once

#include <optional>

#include "runtime/load/fields.hpp"
#include "runtime/load/scope.hpp"

namespace banoff {

class Expander {
 public:
  Expander(const Yaml& root, const std::string& file, const Env& env, const LoadLimits& limits, Graph& graph);
  void run(const std::map<std::string, std::int64_t>& sizes);

 private:
  /// One item at one index of its repetition, with its names known.
  struct Instance {
    const Item& item;
    std::string path;  ///< full name
    const Env& env;
    const Scope& scope;  ///< the one the item stands in
    Values inputs;
    std::string weights;  ///< path of what its parameters are shared with; empty: own parameters
  };

  Values items(const Yaml& nodes, const Yaml* output, Scope& scope);
  Values item(const Item& item, const Scope& scope, const Values& before);
  Values repeated(const Item& item, const YamlEntry& repeat, const Scope& scope, const Values& before);
  std::optional<Values> instance(const Item& item, const std::string& name, const Env& env, const Scope& scope,
                                 const Values& before, bool chained);
  Values group(const Instance& at);
  Values block(const Instance& at, const YamlEntry& name);
  Values node(const Instance& at);

  void arguments(const Instance& at, const std::string& name, const Yaml& block, Env& inner);
  Scope inside(const Instance& at, const Env& env, std::string_view what) const;
  void add_params(const Instance& at, const std::vector<ParamSpec>& specs, Node& node);
  ParamId shared_param(const Instance& at, const ParamSpec& spec) const;
  Values references(const Yaml& yaml, const Env& env, const Scope& scope, int line, const std::string& path);
  void flatten(const Datum& reference, const Scope& scope, Values& to);
  void add_outputs(const Scope& scope, const Values& last);
  [[nodiscard]] std::string name_of(const Item& item, const Env& env) const;
  void enter(const std::string& path, const Values& values, int line);
  Datum value(const Yaml& yaml, const Env& env);
  void spend(std::size_t work, int line);
  [[noreturn]] void fail(int line, const std::string& path, const std::string& message) const;

  const Yaml& root_;
  const std::string& file_;
  const Env& env_;
  const LoadLimits& limits_;
  Graph& graph_;
  Registry registry_;
  std::vector<TensorType> types_;    ///< by ValueId
  std::vector<Shape> param_shapes_;  ///< by ParamId
  std::size_t work_ = 0;
};

}  // namespace banoff
