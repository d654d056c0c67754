// A picture through a model, with the public headers alone. Usage: predict MODEL PICTURE
#include <banoff/error.hpp>
#include <banoff/model.hpp>
#include <banoff/task/predictor.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: predict MODEL PICTURE\n");
    return 2;
  }
  try {
    const auto [model, report] = banoff::Model::load(argv[1]).fold({});
    banoff::Predictor predict(model);
    const banoff::Prediction answer = predict(std::filesystem::path(argv[2]));
    for (const banoff::Ranked& best : answer.classes) std::printf("%s %.3f\n", best.label.c_str(), best.score);
    for (const banoff::Detection& found : answer.detections) {
      const banoff::Box& box = found.box;
      const std::string label = banoff::label_of(model.manifest().task, found.label);
      std::printf("%s %.3f at %.0f %.0f %.0f %.0f\n", label.c_str(), found.score, box.x1, box.y1, box.x2, box.y2);
    }
    if (!answer.mask.classes.empty())
      std::printf("a mask of %lldx%lld\n", static_cast<long long>(answer.mask.height),
                  static_cast<long long>(answer.mask.width));
    return 0;
  } catch (const banoff::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.exit_code();
  }
}
