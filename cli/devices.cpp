// banoff devices: what this machine and this build have.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "banoff/machine.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/table.hpp"

namespace banoff::cli {
namespace {

int devices(bool json) {
  const MachineInfo info = machine();
  if (json) {
    print_json({{"machine",
                 {{"cpu", info.cpu},
                  {"isa", info.isa},
                  {"processors", info.processors},
                  {"usable", info.usable},
                  {"onednn", info.onednn},
                  {"gpu", info.gpu}}},
                {"devices", device_names()}});
    return 0;
  }
  fmt::print("cpu         {}\n", info.cpu);
  fmt::print("isa         {}\n", joined(info.isa, " "));
  fmt::print("processors  {}, of which this process may use {}\n", info.processors, info.usable);
  fmt::print("library     {}\n", info.onednn);
  fmt::print("gpu         {}\n", info.gpu);
  fmt::print("devices     {}\n", joined(device_names(), " "));
  return 0;
}

}  // namespace

void add_devices(Parser& parser) {
  Command command = parser.command("devices", "What this machine has, and the devices of this build",
                                   "Example:\n  banoff devices --json");
  auto json = std::make_shared<bool>(false);
  add_json_option(command, *json);
  command.runs([json] { return devices(*json); });
}

}  // namespace banoff::cli
