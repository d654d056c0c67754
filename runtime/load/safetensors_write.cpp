#include "runtime/load/safetensors_write.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/core/fail.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/safetensors.hpp"

namespace banoff {

void write_safetensors_into(AtomicFile& out, const std::map<std::string, Tensor>& tensors) {
  std::vector<std::pair<std::string_view, const Tensor*>> order;
  for (const auto& [name, tensor] : tensors) order.emplace_back(name, &tensor);
  std::ranges::stable_sort(order, std::ranges::greater(), [](const auto& t) { return size_of(t.second->dtype()); });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::uint64_t offset = 0;
  for (const auto& [name, tensor] : order) {
    if (!*tensor) fail_internal("tensor '{}' has no values to write", name);
    const std::uint64_t end = offset + tensor->bytes();
    header[std::string(name)] = {{"dtype", safetensors_name(tensor->dtype())},
                                 {"shape", tensor->shape().vec()},
                                 {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string json = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  constexpr std::size_t alignment = 8;
  json.append((alignment - json.size() % alignment) % alignment, ' ');
  std::string length;
  for (std::size_t i = 0; i < 8; ++i) length += static_cast<char>((json.size() >> (8 * i)) & 0xffU);
  out.write(length);
  out.write(json);
  for (const auto& [name, tensor] : order) out.write({reinterpret_cast<const char*>(tensor->data()), tensor->bytes()});
}

void write_safetensors(const std::filesystem::path& file, const std::map<std::string, Tensor>& tensors) {
  AtomicFile out(file);
  write_safetensors_into(out, tensors);
  out.commit();
}

}  // namespace banoff
