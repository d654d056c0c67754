/* banoff's C interface: flat, nothing but handles, numbers and UTF-8 text; no exception ever leaves it.
 *
 * Every call that can fail returns a status and, when `error` is not NULL, a message in it. What a call would have
 * handed out is left untouched when it fails. Releasing NULL does nothing. Models and compiled models are immutable and
 * may be shared by threads; a session belongs to one thread at a time. */
#ifndef BANOFF_H
#define BANOFF_H

#include <stddef.h>
#include <stdint.h>

#include "banoff/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum banoff_status {
  BANOFF_OK = 0,
  BANOFF_CHECK_FAILED = 1, /* a self-check did not hold */
  BANOFF_USAGE = 2,        /* an argument makes no sense */
  BANOFF_BAD_INPUT = 3,    /* a file is wrong */
  BANOFF_REFUSED = 4,      /* the device cannot run this */
  BANOFF_INTERNAL = 70     /* a bug, or memory ran out */
} banoff_status;

/* Where a call leaves its message, cut off at the buffer's size. */
typedef struct banoff_error {
  char message[1024];
} banoff_error;

typedef struct banoff_model banoff_model;
typedef struct banoff_compiled banoff_compiled;
typedef struct banoff_session banoff_session;

enum { BANOFF_MAX_RANK = 8 };

/* An input or output. `name` lives as long as the compiled model. */
typedef struct banoff_tensor_info {
  const char* name;
  const char* dtype; /* "f32", "i64", … */
  size_t rank;
  int64_t dims[BANOFF_MAX_RANK];
  int bounded; /* dims[0] is a capacity; the actual count is known after a run */
  size_t bytes;
  uint32_t
      open; /* of an input: bit i is set where dims[i] is an open size, which banoff_session_set_shape can change */
} banoff_tensor_info;

/* Reads a network (YAML or ONNX). `weights`: a safetensors file for a YAML one, or NULL for the one it names. */
BANOFF_API banoff_status banoff_model_load(const char* file, const char* weights, banoff_model** out,
                                           banoff_error* error);
BANOFF_API void banoff_model_release(banoff_model* model);

/* Folds batch norms by `method` ("none", "naive", "banoff", "optimal"), to run on the cpu. `folded`, unless NULL,
 * receives how many are gone. */
BANOFF_API banoff_status banoff_model_fold(const banoff_model* model, const char* method, banoff_model** out,
                                           size_t* folded, banoff_error* error);

/* Compiles for `device` (one of `banoff devices`: "cpu", "reference", "gpu", "gpu-fp16", "gpu:1" for the second GPU,
 * …); threads 0: as many as this process may use. */
BANOFF_API banoff_status banoff_model_compile(const banoff_model* model, const char* device, int threads,
                                              banoff_compiled** out, banoff_error* error);
BANOFF_API void banoff_compiled_release(banoff_compiled* compiled);

BANOFF_API size_t banoff_input_count(const banoff_compiled* compiled);
BANOFF_API size_t banoff_output_count(const banoff_compiled* compiled);
BANOFF_API banoff_status banoff_input_info(const banoff_compiled* compiled, size_t index, banoff_tensor_info* out,
                                           banoff_error* error);
BANOFF_API banoff_status banoff_output_info(const banoff_compiled* compiled, size_t index, banoff_tensor_info* out,
                                            banoff_error* error);

BANOFF_API banoff_status banoff_session_create(const banoff_compiled* compiled, banoff_session** out,
                                               banoff_error* error);
BANOFF_API void banoff_session_release(banoff_session* session);

/* Gives an input another shape where its sizes are open; inputs with the same open sizes follow. The next call that
 * needs the new sizes compiles for them if no session of the model did so before, and fails where the network does not
 * take them. Memory handed out or bound before is no longer used. */
BANOFF_API banoff_status banoff_session_set_shape(banoff_session* session, size_t index, const int64_t* dims,
                                                  size_t rank, banoff_error* error);
/* As banoff_input_info and banoff_output_info, at the session's sizes of the moment; `name` lives as long as the
 * session has them. */
BANOFF_API banoff_status banoff_session_input_info(banoff_session* session, size_t index, banoff_tensor_info* out,
                                                   banoff_error* error);
BANOFF_API banoff_status banoff_session_output_info(banoff_session* session, size_t index, banoff_tensor_info* out,
                                                    banoff_error* error);

/* The session's own memory of an input, to be filled before a run, and of an output, valid until the next run. */
BANOFF_API banoff_status banoff_session_input(banoff_session* session, size_t index, void** data, banoff_error* error);
BANOFF_API banoff_status banoff_session_output(banoff_session* session, size_t index, const void** data, int64_t* count,
                                               banoff_error* error);
/* Uses the caller's memory instead; it must stay valid, hold the tensor's bytes and be aligned to 8. */
BANOFF_API banoff_status banoff_session_bind_input(banoff_session* session, size_t index, const void* data,
                                                   size_t bytes, banoff_error* error);
BANOFF_API banoff_status banoff_session_bind_output(banoff_session* session, size_t index, void* data, size_t bytes,
                                                    banoff_error* error);
BANOFF_API banoff_status banoff_session_run(banoff_session* session, banoff_error* error);

BANOFF_API const char* banoff_version(void);

#ifdef __cplusplus
}
#endif

#endif
