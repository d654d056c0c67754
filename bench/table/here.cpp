#include "bench/table/here.hpp"

#include <nlohmann/json.hpp>

#include "banoff/session.hpp"
#include "bench/bench.hpp"
#include "bench/table/child.hpp"

namespace banoff::bench {

Here ask_here(const std::vector<std::string>& wanted) {
  using Json = nlohmann::json;
  const auto work = [&wanted](const Ears&) {
    Json usable = Json::array();
    for (const std::string& name : wanted)
      if (has_device(name)) usable.push_back(name);
    return Json{{"machine", to_json(machine())}, {"names", device_names()}, {"usable", std::move(usable)}}.dump();
  };
  const Json json = Json::parse(in_child(work, {[](const std::string&) {}, [](double) {}}).text);
  return {machine_from(json.at("machine")), json.at("names"), json.at("usable")};
}

}  // namespace banoff::bench
