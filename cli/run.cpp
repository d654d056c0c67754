// banoff run: pictures or tensors through a network.
#include "cli/run.hpp"

#include "cli/commands.hpp"

namespace banoff::cli {

void add_run(Parser& parser) {
  Command command = parser.command(
      "run", "Run a network on pictures or on tensors",
      "Pictures are prepared as the model file says; the best classes are printed, boxes or masks drawn into --out "
      "DIR.\n"
      "Tensors are .npy files, of a type whose values the input takes exactly; the name may be left out where the "
      "network\n"
      "has one input or output. Sizes that the network leaves open are those of the array or picture.\n\n"
      "Examples:\n"
      "  banoff run classifier.yaml --image 3.png 7.png\n"
      "  banoff run detector.yaml --image street.jpg --out drawn\n"
      "  banoff run net.yaml --input x=in.npy --output y=out.npy");
  auto options = std::make_shared<RunCommand>();
  add_model_options(command, options->model);
  const Option images = command.option("--image", options->images, "PNG or JPEG files").one_or_more();
  command.option("--out", options->folder, "Folder to draw into, made if missing").needs(images);
  const Option inputs =
      command.option("--input", options->inputs, "[NAME=]FILE.npy, per input").excludes(images).repeatable();
  command.option("--output", options->outputs, "[NAME=]FILE.npy to write an output, or any node's value, to")
      .needs(inputs)
      .repeatable();
  command.option("--top", options->top, "Classes to print per picture (default: the model's)").positive();
  command.option("--min-score", options->min_score, "Least score of a detection (default: the model's)");
  add_fold_options(command, options->fold);
  add_device_options(command, options->device);
  add_json_option(command, options->json);
  command.runs([options] {
    if (!options->images.empty()) return run_images(*options);
    if (options->inputs.empty()) fail_usage("nothing to run on: give --image or --input");
    return run_tensors(*options);
  });
}

}  // namespace banoff::cli
