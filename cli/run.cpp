// banoff run: pictures or tensors through a network.
#include "cli/run.hpp"

#include "cli/commands.hpp"

namespace banoff::cli {

void add_run(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("run", "Run a network on pictures or on tensors");
  command->footer(
      "Pictures are prepared as the model file says; the best classes are printed, boxes or masks drawn into --out "
      "DIR.\n"
      "Tensors are .npy files (NCHW); the name may be left out where the network has one input or output.\n\n"
      "Examples:\n"
      "  banoff run classifier.yaml --image 3.png 7.png\n"
      "  banoff run detector.yaml --image street.jpg --out drawn\n"
      "  banoff run net.yaml --input x=in.npy --output y=out.npy");
  auto options = std::make_shared<RunCommand>();
  add_model_options(*command, options->model);
  auto* images = command->add_option("--image", options->images, "PNG or JPEG files")->expected(1, -1);
  command->add_option("--out", options->folder, "Folder to draw into, made if missing")->needs(images);
  auto* inputs = command->add_option("--input", options->inputs, "[NAME=]FILE.npy, per input")
                     ->excludes(images)
                     ->expected(1)
                     ->take_all();
  command->add_option("--output", options->outputs, "[NAME=]FILE.npy to write an output, or any node's value, to")
      ->needs(inputs)
      ->expected(1)
      ->take_all();
  command->add_option("--top", options->top, "Classes to print per picture (default: the model's)")
      ->check(CLI::PositiveNumber);
  command->add_option("--min-score", options->min_score, "Least score of a detection (default: the model's)");
  add_fold_options(*command, options->fold);
  add_device_options(*command, options->device);
  add_json_option(*command, options->json);
  command->callback([options, &action] {
    if (options->images.empty() && options->inputs.empty()) fail_usage("nothing to run on: give --image or --input");
    action = [options] { return options->images.empty() ? run_tensors(*options) : run_images(*options); };
  });
}

}  // namespace banoff::cli
