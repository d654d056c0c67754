#include <algorithm>
#include <cstring>
#include <exception>

#include "banoff/banoff.h"
#include "banoff/session.hpp"
#include "runtime/core/fail.hpp"

struct banoff_model {
  banoff::Model model;
};

struct banoff_compiled {
  banoff::CompiledModel model;
};

struct banoff_session {
  banoff::Session session;
  banoff::CompiledModel model;
};

namespace {

// What is told across the interface by number means the same on both sides.
static_assert(banoff::Shape::max_rank <= BANOFF_MAX_RANK, "the dimensions of every tensor fit into banoff_tensor_info");
constexpr bool same(banoff_status status, banoff::ErrorKind kind) {
  return static_cast<int>(status) == static_cast<int>(kind);
}
static_assert(same(BANOFF_CHECK_FAILED, banoff::ErrorKind::check_failed) &&
              same(BANOFF_USAGE, banoff::ErrorKind::usage) && same(BANOFF_BAD_INPUT, banoff::ErrorKind::bad_input) &&
              same(BANOFF_REFUSED, banoff::ErrorKind::refused) && same(BANOFF_INTERNAL, banoff::ErrorKind::internal));

void tell(banoff_error* error, const char* message) {
  if (error == nullptr) return;
  const std::size_t length = std::min(std::strlen(message), sizeof(error->message) - 1);
  std::memcpy(error->message, message, length);
  error->message[length] = '\0';
}

/// Runs `body`, turning whatever it throws into a status and a message.
template <class F>
banoff_status guarded(banoff_error* error, F&& body) noexcept {
  try {
    body();
    return BANOFF_OK;
  } catch (const banoff::Error& e) {
    tell(error, e.what());
    return static_cast<banoff_status>(e.exit_code());
  } catch (const std::exception& e) {
    tell(error, e.what());
  } catch (...) {
    tell(error, "unknown exception");
  }
  return BANOFF_INTERNAL;
}

template <class... Pointers>
void need(const Pointers*... pointers) {
  if (const bool missing = (... || (pointers == nullptr)); missing) banoff::fail_usage("a required pointer is NULL");
}

void within(std::size_t index, const std::vector<banoff::TensorInfo>& tensors) {
  if (index >= tensors.size()) banoff::fail_usage("tensor {} of {}", index, tensors.size());
}

void describe(const std::vector<banoff::TensorInfo>& tensors, std::size_t index, banoff_tensor_info* out) {
  within(index, tensors);
  const banoff::TensorInfo& tensor = tensors[index];
  banoff_tensor_info info{};
  info.name = tensor.name.c_str();
  info.dtype = banoff::name_of(tensor.dtype).data();
  info.rank = tensor.shape.rank();
  std::copy(tensor.shape.begin(), tensor.shape.end(), info.dims);
  info.bounded = tensor.bounded ? 1 : 0;
  for (std::size_t i = 0; i < tensor.symbols.size(); ++i) {
    if (!tensor.symbols[i].empty()) info.open |= std::uint32_t{1} << i;
  }
  info.bytes = static_cast<std::size_t>(tensor.shape.elements()) * banoff::size_of(tensor.dtype);
  *out = info;
}

}  // namespace

banoff_status banoff_model_load(const char* file, const char* weights, banoff_model** out, banoff_error* error) {
  return guarded(error, [&] {
    need(file, out);
    banoff::LoadOptions options;
    if (weights != nullptr) options.weights = weights;
    *out = std::make_unique<banoff_model>(banoff_model{banoff::Model::load(file, options)}).release();
  });
}

void banoff_model_release(banoff_model* model) { std::unique_ptr<banoff_model>{model}.reset(); }

banoff_status banoff_model_fold(const banoff_model* model, const char* method, banoff_model** out, size_t* folded,
                                banoff_error* error) {
  return guarded(error, [&] {
    need(model, method, out);
    banoff::FoldOptions options;
    options.method = banoff::method_named(method);
    auto [result, report] = model->model.fold(options);
    *out = std::make_unique<banoff_model>(banoff_model{std::move(result)}).release();
    if (folded != nullptr) *folded = report.folded();
  });
}

banoff_status banoff_model_compile(const banoff_model* model, const char* device, int threads, banoff_compiled** out,
                                   banoff_error* error) {
  return guarded(error, [&] {
    need(model, device, out);
    banoff::DeviceOptions options;
    options.name = device;
    options.threads = threads;
    *out = std::make_unique<banoff_compiled>(banoff_compiled{banoff::CompiledModel::compile(model->model, options)})
               .release();
  });
}

void banoff_compiled_release(banoff_compiled* compiled) { std::unique_ptr<banoff_compiled>{compiled}.reset(); }

size_t banoff_input_count(const banoff_compiled* compiled) {
  return compiled == nullptr ? 0 : compiled->model.inputs().size();
}

size_t banoff_output_count(const banoff_compiled* compiled) {
  return compiled == nullptr ? 0 : compiled->model.outputs().size();
}

banoff_status banoff_input_info(const banoff_compiled* compiled, size_t index, banoff_tensor_info* out,
                                banoff_error* error) {
  return guarded(error, [&] {
    need(compiled, out);
    describe(compiled->model.inputs(), index, out);
  });
}

banoff_status banoff_output_info(const banoff_compiled* compiled, size_t index, banoff_tensor_info* out,
                                 banoff_error* error) {
  return guarded(error, [&] {
    need(compiled, out);
    describe(compiled->model.outputs(), index, out);
  });
}

banoff_status banoff_session_create(const banoff_compiled* compiled, banoff_session** out, banoff_error* error) {
  return guarded(error, [&] {
    need(compiled, out);
    *out =
        std::make_unique<banoff_session>(banoff_session{banoff::Session(compiled->model), compiled->model}).release();
  });
}

void banoff_session_release(banoff_session* session) { std::unique_ptr<banoff_session>{session}.reset(); }

banoff_status banoff_session_set_shape(banoff_session* session, size_t index, const int64_t* dims, size_t rank,
                                       banoff_error* error) {
  return guarded(error, [&] {
    need(session, dims);
    within(index, session->model.inputs());
    session->session.set_shape(index, banoff::Shape(std::span(dims, rank)));
  });
}

banoff_status banoff_session_input_info(banoff_session* session, size_t index, banoff_tensor_info* out,
                                        banoff_error* error) {
  return guarded(error, [&] {
    need(session, out);
    describe(session->session.inputs(), index, out);
  });
}

banoff_status banoff_session_output_info(banoff_session* session, size_t index, banoff_tensor_info* out,
                                         banoff_error* error) {
  return guarded(error, [&] {
    need(session, out);
    describe(session->session.outputs(), index, out);
  });
}

banoff_status banoff_session_input(banoff_session* session, size_t index, void** data, banoff_error* error) {
  return guarded(error, [&] {
    need(session, data);
    within(index, session->model.inputs());
    *data = session->session.input(index).data();
  });
}

banoff_status banoff_session_output(banoff_session* session, size_t index, const void** data, int64_t* count,
                                    banoff_error* error) {
  return guarded(error, [&] {
    need(session, data);
    within(index, session->model.outputs());
    *data = session->session.output(index).data();
    if (count != nullptr) *count = session->session.output_count(index);
  });
}

banoff_status banoff_session_bind_input(banoff_session* session, size_t index, const void* data, size_t bytes,
                                        banoff_error* error) {
  return guarded(error, [&] {
    need(session, data);
    within(index, session->model.inputs());
    session->session.bind_input(index, {static_cast<const std::byte*>(data), bytes});
  });
}

banoff_status banoff_session_bind_output(banoff_session* session, size_t index, void* data, size_t bytes,
                                         banoff_error* error) {
  return guarded(error, [&] {
    need(session, data);
    within(index, session->model.outputs());
    session->session.bind_output(index, {static_cast<std::byte*>(data), bytes});
  });
}

banoff_status banoff_session_run(banoff_session* session, banoff_error* error) {
  return guarded(error, [&] {
    need(session);
    session->session.run();
  });
}

const char* banoff_version(void) { return BANOFF_VERSION; }
