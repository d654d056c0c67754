#include <doctest/doctest.h>

#include "tests/cli/net.hpp"

namespace fs = std::filesystem;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The small network with a table of it, and how to measure it in no time.
struct SmallTable {
  SmallNet net;
  std::string file = net.folder.write("t.yaml", R"(name: t
title: A & B
source: nobody
columns:
  banoff: {title: BaN-OFF, quantity: speedup, method: banoff}
  gpu: {title: GPU, quantity: speedup, method: banoff, device: gpu}
rows:
  - {label: small, model: small.yaml, published: {banoff: 25, gpu: 60}}
)");
  [[nodiscard]] Outcome run(std::vector<std::string> arguments) const {
    const std::vector<std::string> fast{"bench",    "--table",  file,         "--results", net.folder / "kept",
                                        "--warmup", "0",        "--duration", "0",         "--iterations",
                                        "2",        "--rounds", "2",          "--threads", "1"};
    arguments.insert(arguments.begin(), fast.begin(), fast.end());
    return banoff_command(arguments);
  }
};

}  // namespace

TEST_CASE("bench times a network in every way asked for") {
  const SmallNet net;
  const auto json = banoff_command({"bench", "--model", net.file, "--weights", "random:1", "--methods", "none,banoff",
                                    "--duration", "0", "--warmup", "0", "--json"})
                        .json();
  REQUIRE(json["results"].size() == 4);
  CHECK(json["results"][0]["method"] == "none");
  CHECK(json["results"][0]["median_ms"].get<double>() > 0);
  CHECK(json["results"][2]["bn"]["folded"] == 2);
  CHECK(json["results"][2]["difference"]["max_relative"].get<double>() < 1e-4);
}

TEST_CASE("a batch is the first dimension of the first input, whatever it is called, and 1 where it is fixed") {
  const TemporaryFolder folder;
  const auto bench = [&](const std::string& first_dimension, const std::string& batch) {
    std::string text = small_net;
    text.replace(text.find("N=1"), 3, first_dimension);
    return banoff_command({"bench", "--model", folder.write("net.yaml", text), "--weights", "random:1", "--methods",
                           "none", "--duration", "0", "--warmup", "0", "--batch", batch, "--json"});
  };
  CHECK(bench("1", "1").json()["results"][0]["batch"] == 1);
  CHECK(bench("count", "1").json()["results"][0]["batch"] == 1);
  const auto of_two = bench("count", "2").json()["results"][0];
  CHECK(of_two["batch"] == 2);
  CHECK(of_two["flops"].get<std::int64_t>() == 2 * bench("N=4", "1").json()["results"][0]["flops"].get<std::int64_t>());
  const Outcome refused = bench("3", "2");
  CHECK(refused.code != 0);
  CHECK(has(refused.err, "no batch of 2: input 'x' has a first dimension of 3 in the file (--batch 3)"));
}

TEST_CASE("a table is measured, printed beside what was published, and kept") {
  const SmallTable table;
  const auto json = table.run({"--json"}).json();
  CHECK(json["machine"]["usable"].get<int>() >= 1);
  const auto& row = json["tables"][0]["rows"][0];
  CHECK(row["published"]["banoff"] == 25);
  const auto& cell = row["cells"][0];
  CHECK(cell["not_measured"].is_null());
  CHECK(cell["measured"]["banoff"].contains("value"));
  CHECK_FALSE(cell["measured"].contains("gpu"));
  REQUIRE(cell["results"].size() >= 5);
  for (const auto& result : cell["results"]) {
    CHECK(result["passes"]["wall_ms"].size() >= 2);
    CHECK(result["peak_rss_kb"].get<int>() > 0);
  }
  const Outcome again = table.run({});
  CHECK(again.code == 0);
  CHECK(has(again.err, "1 of 1 measurements are kept"));
  CHECK(has(again.out, "25.00"));
  CHECK(has(again.out, "GPU: not measured: this run had cpu and no gpu."));
  CHECK(has(table.run({"--markdown"}).out, "| small | cpu, 1 thread, batch 1 |"));
}

TEST_CASE("a report is one HTML file, and results of machines merge") {
  const SmallTable table;
  const std::string html = table.net.folder / "r.html";
  const Outcome outcome = table.run({"--html", html, "--json"});
  REQUIRE(outcome.code == 0);
  CHECK(has(text_of(html), "<svg "));
  CHECK(has(text_of(html), "A &amp; B"));
  const std::string file = table.net.folder.write("a.json", outcome.out);
  const Outcome merged = banoff_command({"bench", "--table", "t", "--merge", file, file});
  CHECK(merged.code == 0);
  CHECK(has(merged.out, "GPU (published)"));
  CHECK(banoff_command({"bench", "--merge", file}).code == 3);  // it has no Table 4
  const Outcome shown = banoff_command({"bench", "--show", file, "--markdown"});
  CHECK(shown.code == 0);
  CHECK(shown.out == table.run({"--markdown"}).out);
  CHECK(table.run({"--html", table.net.folder / "no/such/folder/r.html"}).code == 3);
}

TEST_CASE("what a bench cannot do is told, with the exit code of its kind") {
  const SmallTable table;
  CHECK(banoff_command({"bench"}).code == 2);
  const Outcome unknown = banoff_command({"bench", "--table", "magic"});
  CHECK(unknown.code == 2);
  CHECK(has(unknown.err, "table1, table2"));
  CHECK(banoff_command({"bench", "--table", "2", "--model", table.net.file}).code == 2);
  CHECK(banoff_command({"bench", "--table", "2", "--stacks", "caffe"}).code == 2);
  CHECK(banoff_command({"bench", "--table", "2", "--stacks", "keras", "--stacks-environment", "no/such"}).code == 4);
  CHECK(table.run({"--json", "--markdown"}).code == 2);
  const Outcome gpu = table.run({"--device", "toaster"});
  CHECK(gpu.code == 4);
  CHECK(has(gpu.err, "toaster"));
  fs::remove(table.net.file);
  const Outcome gone = table.run({});
  CHECK(gone.code == 3);
  CHECK(has(gone.out, "not measured: "));
}
