#include <doctest/doctest.h>
#include <fmt/format.h>

#include "banoff/task/image.hpp"
#include "banoff/task/npy.hpp"
#include "tests/cli/net.hpp"

using namespace banoff;
namespace fs = std::filesystem;

TEST_CASE("tensors go in and out as .npy files, in the shape they have") {
  const SmallNet net;
  std::vector<double> values(2 * 3 * 8 * 8);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 17) / 8 - 1;
  write_npy(net.folder / "x.npy", Tensor::of({2, 3, 8, 8}, values));
  const std::string x = net.folder / "x.npy", y = net.folder / "y.npy", z = net.folder / "z.npy";
  CHECK(net.run("run", {"--input", "x=" + x, "--output", "y=" + y, "--device", "reference", "--method", "none"}).code ==
        0);
  CHECK(net.run("run", {"--input", x, "--output", z}).code == 0);
  const Tensor reference = read_npy(y), cpu = read_npy(z);
  CHECK(reference.shape() == Shape{2, 5});
  CHECK(reference.dtype() == DType::f32);
  const auto a = reference.to_vector<double>(), b = cpu.to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-4));
  const auto json = net.run("run", {"--input", x, "--json"}).json();
  CHECK(json["outputs"][0]["shape"] == nlohmann::json{2, 5});
}

TEST_CASE("wrong tensors are refused") {
  const SmallNet net;
  write_npy(net.folder / "i.npy", Tensor::of<std::int64_t>({1, 3, 8, 8}, std::vector<std::int64_t>(192)));
  write_npy(net.folder / "s.npy", Tensor::of<float>({1, 4, 8, 8}, std::vector<float>(256)));
  const std::string integers = net.folder / "i.npy", wide = net.folder / "s.npy";
  CHECK(net.run("run", {"--input", integers}).code == 3);
  CHECK(net.run("run", {"--input", wide}).code == 3);
  CHECK(net.run("run", {"--input", "q=" + wide}).code == 2);
  CHECK(net.run("run", {"--input", "none.npy"}).code == 3);
}

TEST_CASE("arrays of small integers, halves and booleans go in where the input takes their values exactly") {
  const TemporaryFolder folder;
  const std::string x = folder / "x.npy", y = folder / "y.npy";
  const auto run = [&](const std::string& wanted, DType given) {
    const std::string net =
        folder.write("net.yaml", "inputs: {x: {shape: [2, 3], dtype: " + wanted + "}}\nnodes: [{y: identity}]\n");
    const std::vector<double> values{0, 1, 1, 0, 1, 0};
    write_npy(x, Tensor::of<double>({2, 3}, values).as(given));
    const Outcome outcome = banoff_command({"run", net, "--input", x, "--output", y});
    if (outcome.code == 0) CHECK(read_npy(y).to_vector<double>() == values);
    return outcome;
  };
  const std::pair<const char*, DType> taken[] = {
      {"f32", DType::u8},  {"f32", DType::i8},  {"f32", DType::u16}, {"f32", DType::i16}, {"f32", DType::boolean},
      {"f32", DType::f16}, {"f32", DType::f64}, {"i32", DType::u16}, {"i64", DType::u32}, {"i16", DType::u8},
      {"u8", DType::u8},   {"f64", DType::i32}, {"f64", DType::u32}, {"u64", DType::u32}, {"u8", DType::boolean}};
  for (const auto& each : taken) {
    const char* wanted = each.first;
    const DType given = each.second;
    CAPTURE(wanted);
    CAPTURE(name_of(given));
    CHECK(run(wanted, given).code == 0);
  }
  const std::pair<const char*, DType> refused[] = {{"f32", DType::i32}, {"f32", DType::u32}, {"i8", DType::u8},
                                                   {"u16", DType::i8},  {"i32", DType::i64}, {"bool", DType::u8},
                                                   {"i32", DType::f32}};
  for (const auto& each : refused) {
    const char* wanted = each.first;
    const DType given = each.second;
    CAPTURE(wanted);
    CAPTURE(name_of(given));
    const Outcome outcome = run(wanted, given);
    CHECK(outcome.code == 3);
    CHECK(outcome.err.find(fmt::format("holds {}, input 'x' takes {}", name_of(given), wanted)) != std::string::npos);
  }
}

TEST_CASE("the demo classifier reads a digit") {
  const auto json = banoff_command({"run", demo("classifier.yaml"), "--image", demo("data/digits/001.png"),
                                    demo("data/digits/002.png"), "--top", "2", "--json"})
                        .json();
  REQUIRE(json["images"].size() == 2);
  CHECK(json["images"][0]["classes"].size() == 2);
  CHECK(json["images"][0]["classes"][0]["label"] == "7");
  CHECK(json["images"][0]["classes"][0]["score"].get<double>() > 0.5);
  CHECK(json["images"][1]["classes"][0]["label"] == "3");
}

TEST_CASE("the demo classifier computes what it was exported with") {
  const TemporaryFolder folder;
  const std::string out = folder / "y.npy";
  REQUIRE(banoff_command(
              {"run", demo("classifier.yaml"), "--input", demo("data/expected/classifier.in.npy"), "--output", out})
              .code == 0);
  const auto actual = read_npy(out).to_vector<double>();
  const auto expected = read_npy(demo("data/expected/classifier.out.npy")).to_vector<double>();
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) CHECK(actual[i] == doctest::Approx(expected[i]).epsilon(1e-3));
}

TEST_CASE("eval gives the same accuracy for every method") {
  const auto json =
      banoff_command({"eval", demo("classifier.yaml"), "--data", demo("data/digits"), "--method", "all", "--json"})
          .json();
  CHECK(json["metric"] == "accuracy");
  CHECK(json["images"] == 359);
  REQUIRE(json["results"].size() == 4);
  for (const auto& row : json["results"]) CHECK(row["accuracy"] == json["results"][0]["accuracy"]);
  CHECK(json["results"][0]["accuracy"].get<double>() > 0.9);
}

TEST_CASE("the demo detector draws boxes where the digits are") {
  const TemporaryFolder folder;
  const std::string image = demo("data/scenes/00.png");
  const Outcome outcome =
      banoff_command({"run", demo("detector.yaml"), "--image", image, "--out", folder / "drawn", "--json"});
  REQUIRE(outcome.code == 0);
  CHECK_FALSE(outcome.json()["images"][0]["detections"].empty());
  CHECK(read_image(folder / "drawn/00.png").pixels != read_image(image).pixels);
  const auto json = banoff_command({"eval", demo("detector.yaml"), "--data", demo("data/scenes"), "--json"}).json();
  CHECK(json["results"][0]["map_50"].get<double>() > 0.5);
}

TEST_CASE("drawing never overwrites the pictures it reads") {
  const TemporaryFolder folder;
  fs::copy(demo("data/scenes/00.png"), folder / "00.png");
  const std::string image = folder / "00.png", before = text_of(image);
  CHECK(banoff_command({"run", demo("detector.yaml"), "--image", image, "--out", folder.path()}).code == 2);
  CHECK(text_of(image) == before);
  CHECK(banoff_command({"run", demo("classifier.yaml"), "--image", image, "--out", folder / "x"}).code == 2);
  CHECK_FALSE(fs::exists(folder / "x"));
}
