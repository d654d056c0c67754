/* The C interface from C, knowing only what is installed. Usage: consumer_c MODEL */
#include <banoff/banoff.h>
#include <stdio.h>
#include <string.h>

static int failed(const char* what, const banoff_error* error) {
  fprintf(stderr, "%s: %s\n", what, error->message);
  return 1;
}

int main(int argc, char** argv) {
  banoff_error error = {""};
  banoff_model *model = NULL, *folded = NULL;
  banoff_compiled* compiled = NULL;
  banoff_session* session = NULL;
  banoff_tensor_info info;
  const void* output = NULL;
  void* input = NULL;
  int64_t count = 0;
  size_t norms = 0;
  if (argc != 2) return 2;

  if (banoff_model_load("no such file.yaml", NULL, &model, &error) != BANOFF_BAD_INPUT || model != NULL ||
      strlen(error.message) == 0)
    return failed("a missing file", &error);
  if (banoff_model_load(argv[1], NULL, &model, &error) != BANOFF_OK) return failed("load", &error);
  if (banoff_model_fold(model, "banoff", &folded, &norms, &error) != BANOFF_OK) return failed("fold", &error);
  if (banoff_model_compile(folded, "cpu", 1, &compiled, &error) != BANOFF_OK) return failed("compile", &error);
  if (banoff_session_create(compiled, &session, &error) != BANOFF_OK) return failed("session", &error);
  if (banoff_input_info(compiled, 0, &info, &error) != BANOFF_OK ||
      banoff_session_input(session, 0, &input, &error) != BANOFF_OK)
    return failed("input", &error);
  memset(input, 0, info.bytes);
  if (banoff_session_run(session, &error) != BANOFF_OK) return failed("run", &error);
  if (banoff_session_output(session, 0, &output, &count, &error) != BANOFF_OK) return failed("output", &error);

  printf("banoff %s: %zu batch norms folded; first score %g\n", banoff_version(), norms, (double)*(const float*)output);
  banoff_session_release(session);
  banoff_compiled_release(compiled);
  banoff_model_release(folded);
  banoff_model_release(model);
  return norms > 0 && count == 1 ? 0 : 1;
}
