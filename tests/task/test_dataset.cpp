#include "banoff/task/dataset.hpp"

#include "tests/files.hpp"

using namespace banoff;

namespace {
Task task_of(TaskKind kind) {
  Task task;
  task.kind = kind;
  task.labels = {"cat", "dog", "7"};
  return task;
}
}  // namespace

TEST_CASE("labels are names or numbers") {
  const TemporaryFolder folder;
  folder.write("labels.csv", "file,label\na.png,dog\r\nb,c.png,0\nd.png,7\n\n");
  const auto samples = read_dataset(folder.path(), task_of(TaskKind::classification));
  REQUIRE(samples.size() == 3);
  CHECK(samples[0].label == 1);
  CHECK(samples[1].image == folder / "b,c.png");
  CHECK(samples[1].label == 0);
  CHECK(samples[2].label == 2);  // a label's name goes before its number
  folder.write("labels.csv",
               "\xEF\xBB\xBF"
               "file,label\r\na.png,dog\r\n");
  CHECK(read_dataset(folder.path(), task_of(TaskKind::classification)).size() == 1);
}

TEST_CASE("boxes come from one JSON file") {
  const TemporaryFolder folder;
  folder.write(
      "boxes.json",
      R"({"b.png": [], "a.png": [{"label": "dog", "box": [1, 2, 3.5, 4]}, {"label": 0, "box": [0, 0, 1, 1]}]})");
  const auto samples = read_dataset(folder.path(), task_of(TaskKind::detection));
  REQUIRE(samples.size() == 2);
  REQUIRE(samples[0].boxes.size() == 2);
  CHECK(samples[0].boxes[0].label == 1);
  CHECK(samples[0].boxes[0].box.x2 == 3.5);
  CHECK(samples[1].boxes.empty());
}

TEST_CASE("masks lie beside their pictures") {
  const TemporaryFolder folder;
  for (const char* name : {"b.png", "b.mask.png", "a.jpg", "a.mask.png", "c.png"}) folder.write(name, "");
  const auto samples = read_dataset(folder.path(), task_of(TaskKind::segmentation));
  REQUIRE(samples.size() == 2);
  CHECK(samples[0].image == folder / "a.jpg");
  CHECK(samples[1].mask == folder / "b.mask.png");
  folder.write("lonely.mask.png", "");
  CHECK(input_error([&] { (void)read_dataset(folder.path(), task_of(TaskKind::segmentation)); }).find("lonely") !=
        std::string::npos);
}

TEST_CASE("a wrong index is refused with its line") {
  const TemporaryFolder folder;
  const auto error_of = [&](const std::string& csv) {
    folder.write("labels.csv", csv);
    return input_error([&] { (void)read_dataset(folder.path(), task_of(TaskKind::classification)); });
  };
  CHECK(error_of("a.png,dog\n").find("labels.csv:1: expected the header") != std::string::npos);
  CHECK(error_of("file,label\na.png\n").find("labels.csv:2") != std::string::npos);
  CHECK(error_of("file,label\na.png,mouse\n").find("'mouse'") != std::string::npos);
  CHECK(error_of("file,label\na.png,9\n").find("'9'") != std::string::npos);
  CHECK(error_of("file,label\na.png,-1\n").find("'-1'") != std::string::npos);
  CHECK(error_of("file,label\n../a.png,dog\n").find("inside the folder") != std::string::npos);
  CHECK(error_of("file,label\n/etc/a.png,dog\n").find("inside the folder") != std::string::npos);
  CHECK(error_of("file,label\n").find("no labelled pictures") != std::string::npos);
}

TEST_CASE("a wrong list of boxes is refused") {
  const TemporaryFolder folder;
  for (const char* json :
       {"", "[]", "{\"a\": 1}", "{\"a\": [{}]}", R"({"a": [{"label": "cat", "box": [1, 2, 3]}]})",
        R"({"a": [{"label": "cat", "box": [3, 0, 1, 1]}]})", R"({"a": [{"label": [], "box": [0, 0, 1, 1]}]})"}) {
    folder.write("boxes.json", json);
    CHECK_THROWS_AS((void)read_dataset(folder.path(), task_of(TaskKind::detection)), Error);
  }
}

TEST_CASE("a folder that is none, and a task that is none, are refused") {
  CHECK_THROWS_AS((void)read_dataset("no/such/folder", task_of(TaskKind::detection)), Error);
  CHECK_THROWS_AS((void)read_dataset(".", Task{}), Error);
}
