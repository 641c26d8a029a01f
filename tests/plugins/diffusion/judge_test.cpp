// label, detect and filter on samples of the true score, in a host in memory.
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

using namespace fake;

namespace {
using Reals = std::vector<double>;
using Flags = std::vector<uint8_t>;

const Host& host() {
  static const Host h(ASSAY_DIFFUSION);
  return h;
}

/// 4000 samples of modes 1, 2, 3 by a chain of 25 steps on the true score: about 1 % are
/// hallucinated.
struct Samples {
  Run data, samples;
  Samples()
      : data(host().run("make_data", {{"size", int64_t{300}}, {"modes", Reals{1, 2, 3}}}, {})),
        samples(host().run("sample",
                           {{"source", std::string("exact")},
                            {"timesteps", int64_t{25}},
                            {"n", int64_t{4000}},
                            {"window", std::vector<int64_t>{0, 3}},
                            {"windows", std::vector<int64_t>{0, 5, 0, 10}},
                            {"paths", int64_t{0}}},
                           {{"data", {data}}})) {
    REQUIRE_MESSAGE(samples.ok(), samples.message);
  }
  Run label(const Params& params = {}) const {
    return host().run("label", params, {{"samples", {samples}}});
  }
};

const Samples& made() {
  static const Samples samples;
  return samples;
}

std::string file(const std::string& name, const std::string& content) {
  const auto path = std::filesystem::temp_directory_path() / ("assay_judge_" + name);
  std::ofstream(path, std::ios::binary) << content;
  return path.string();
}
}  // namespace

TEST_CASE("labels count what lies farther than k sigma, and every rate comes with its n") {
  const auto run = made().label({{"k_sigma", 4.0}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto x = made().samples.out.arrays.at("x").as<float>();
  const auto bad = run.out.arrays.at("hallucinated").as<uint8_t>();
  int64_t count = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double nearest = 1e9;
    for (const double mode : {1, 2, 3}) nearest = std::min(nearest, std::abs(double{x[i]} - mode));
    count += nearest > 0.2;
    CHECK((bad[i] != 0) == (nearest > 0.2));
  }
  CHECK(count > 10);
  CHECK(run.out.metric("count") == static_cast<double>(count));
  const auto rule = run.out.column("rates", "rule").strings;
  const auto n = run.out.column("rates", "n").as<int64_t>();
  const auto lo = run.out.column("rates", "lo").as<double>();
  const auto hi = run.out.column("rates", "hi").as<double>();
  REQUIRE(rule.back() == "hallucinated");
  CHECK(n.back() == 4000);
  CHECK(lo.back() < run.out.metric("rate"));
  CHECK(hi.back() > run.out.metric("rate"));
}

TEST_CASE("on a line the interpolated are those between the outer modes") {
  const auto run = made().label();
  const auto x = made().samples.out.arrays.at("x").as<float>();
  const auto bad = run.out.arrays.at("hallucinated").as<uint8_t>();
  const auto edge = run.out.arrays.at("edge").as<int64_t>();
  for (size_t i = 0; i < x.size(); ++i) {
    CAPTURE(x[i]);
    const bool between = bad[i] != 0 && x[i] > 1 && x[i] < 3;
    CHECK(edge[i] == (between ? static_cast<int64_t>(x[i] > 2) : -1));
  }
  const auto counts = run.out.column("edges", "count").as<int64_t>();
  CHECK(counts.size() == 2);
  CHECK(counts[0] == std::count(edge.begin(), edge.end(), 0));
}

TEST_CASE("labels from a file are what the file says, and must be as many as the samples") {
  std::string text = "hallucinated\n";
  for (int i = 0; i < 4000; ++i) text += i % 40 == 0 ? "1\n" : "0\n";
  const Params rule{{"rule", std::string("file")}};
  const auto run =
      host().run("label", rule, {{"samples", {made().samples}}, {"labels", {file("a.csv", text)}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("count") == 100);
  const auto wrong = host().run(
      "label", rule, {{"samples", {made().samples}}, {"labels", {file("b.csv", "1\n0\n")}}});
  CHECK(wrong.status == ASSAY_INVALID_ARGUMENT);
  const auto none = host().run("label", rule, {{"samples", {made().samples}}});
  CHECK(none.message.find("input \"labels\"") != std::string::npos);
}

TEST_CASE("detection reports the curve, points on all samples and on the half not chosen on") {
  const auto labels = made().label();
  const auto run = host().run("detect", {}, {{"samples", {made().samples}}, {"labels", {labels}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto bad = labels.out.arrays.at("hallucinated").as<uint8_t>();
  const auto score = made().samples.out.arrays.at("score").as<double>();
  const double tau = run.out.metric("tau");
  double removed = 0, kept = 0, total = 0;
  for (size_t i = 0; i < bad.size(); ++i) {
    removed += bad[i] && score[i] > tau, kept += !bad[i] && score[i] <= tau, total += bad[i];
  }
  CHECK(run.out.metric("removal_at_retention") == doctest::Approx(removed / total));
  CHECK(kept / (4000 - total) >= 0.96);
  CHECK(run.out.metric("auc") > 0.6);
  CHECK(run.out.arrays.at("curve").shape[1] == 3);
  CHECK(run.out.column("operating", "tested").strings ==
        std::vector<std::string>{"all", "all", "rest", "rest"});
  CHECK(run.out.column("operating", "n").as<int64_t>() ==
        std::vector<int64_t>{4000, 4000, 2000, 2000});
  CHECK(run.out.column("sweep", "auc").as<double>().size() == 9);  // 3 scores, 3 windows
  CHECK(run.out.column("sweep", "auc").as<double>()[0] ==
        doctest::Approx(run.out.metric("auc")).epsilon(1e-6));
}

TEST_CASE("samples of one kind alone are counted, and their detection is no number") {
  for (const double k : {1e-12, 50.0}) {  // all, none
    const auto labels = made().label({{"k_sigma", k}});
    const auto run =
        host().run("detect", {}, {{"samples", {made().samples}}, {"labels", {labels}}});
    REQUIRE_MESSAGE(run.ok(), run.message);
    CHECK(run.out.metric("n") == 4000);
    CHECK(run.out.metric("hallucinated") == labels.out.metric("count"));
    for (const char* number : {"auc", "tau", "removal_at_retention", "tested_retention"})
      CHECK(std::isnan(run.out.metric(number)));
    CHECK(run.out.arrays.count("curve") == 0);
    CHECK(run.out.tables.count("sweep") == 0);
    const auto group = run.out.column("histogram", "group").strings;
    CHECK(std::set<std::string>(group.begin(), group.end()).size() == 1);
  }
}

TEST_CASE("a filter that keeps nothing says which of its parameters is to blame") {
  const auto keep = [](const Params& params) {
    return host().run("filter", params, {{"samples", {made().samples}}}).message;
  };
  CHECK(keep({{"drop_fraction", 0.99999}}) ==
        "no sample is kept: drop_fraction = 0.999990 drops all 4000; set it lower, or set keep");
  CHECK(keep({{"rule", std::string("threshold")}, {"tau", 1e-30}})
            .starts_with("no sample is kept: every score is above tau"));
}

TEST_CASE("a filter keeps the lowest scores, writes data to train on, and says what it did") {
  const auto labels = made().label();
  const auto run = host().run("filter", {{"drop_fraction", 0.1}},
                              {{"samples", {made().samples}}, {"labels", {labels}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto score = made().samples.out.arrays.at("score").as<double>();
  const auto kept = run.out.arrays.at("kept").as<int64_t>();
  REQUIRE(kept.size() == 3600);
  Flags is_kept(4000);
  for (const int64_t i : kept) is_kept[static_cast<size_t>(i)] = 1;
  double highest_kept = 0, lowest_dropped = 1e9;
  for (size_t i = 0; i < 4000; ++i)
    (is_kept[i] ? highest_kept : lowest_dropped) =
        is_kept[i] ? std::max(highest_kept, score[i]) : std::min(lowest_dropped, score[i]);
  CHECK(highest_kept <= lowest_dropped);
  CHECK(run.out.metric("hallucinated_after") < run.out.metric("hallucinated_before"));
  CHECK(run.out.arrays.at("x").shape == std::vector<int64_t>{3600, 1});
  CHECK(run.out.arrays.at("modes") == made().data.out.arrays.at("modes"));
  const auto again = host().run("label", {}, {{"samples", {run}}});
  CHECK(again.out.metric("rate") == run.out.metric("hallucinated_after"));
}

TEST_CASE("filters without scores keep the first, or a random subset of the same size") {
  const Inputs inputs{{"samples", {made().data}}};
  const auto none =
      host().run("filter", {{"rule", std::string("none")}, {"keep", int64_t{10}}}, inputs);
  const auto some =
      host().run("filter", {{"rule", std::string("random")}, {"keep", int64_t{10}}}, inputs);
  CHECK(none.out.arrays.at("kept").as<int64_t>().back() == 9);
  const auto kept = some.out.arrays.at("kept").as<int64_t>();
  CHECK(kept.size() == 10);
  CHECK(std::is_sorted(kept.begin(), kept.end()));
  CHECK(kept != none.out.arrays.at("kept").as<int64_t>());
  const auto all = host().run("filter", {}, inputs);
  CHECK(all.message.find("have no scores") != std::string::npos);
  const auto more =
      host().run("filter", {{"rule", std::string("none")}, {"keep", int64_t{301}}}, inputs);
  CHECK(more.message.find("exceeds the 300 samples") != std::string::npos);
}
