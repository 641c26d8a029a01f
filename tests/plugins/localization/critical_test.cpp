// The method `critical` on a small network, in a host in memory.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_LOCALIZATION);
  return h;
}

const Run& small_data() {
  static const ImageFolder folder(160);
  static const Run run = host().run("data", {{"noise", 0.1}}, {{"images", {folder.path()}}});
  return run;
}

Run train(int64_t epochs) {
  return host().run("etd_train",
                    {{"regulariser", std::string("none")},
                     {"model", std::string("cnn_small")},
                     {"width", 0.5},
                     {"epochs", epochs},
                     {"batch", int64_t{16}},
                     {"lr", 0.1}},
                    {{"data", {small_data()}}});
}

const Run& fitted() {
  static const Run run = train(40);
  return run;
}

Params small(const Params& more = {}) {
  Params all{{"targets", int64_t{6}},
             {"eot", int64_t{2}},
             {"search_batch", int64_t{16}},
             {"max_units", int64_t{20}},
             {"eval_subset", int64_t{60}}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

Run critical(const Params& params, const Run& data, const Run& trained,
             const Options& options = {}) {
  return host().run("critical", params, {{"data", {data}}, {"model", {{trained, "model"}}}},
                    options);
}
Run critical(const Params& params = small(), const Options& options = {}) {
  return critical(params, small_data(), fitted(), options);
}

template <class T>
std::vector<T> column(const Run& run, const char* table, const char* name) {
  return run.out.column(table, name).as<T>();
}

}  // namespace

TEST_CASE("targets, units and layers tell the same story") {
  const auto run = critical();
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto count = column<int64_t>(run, "targets", "count"),
             picks = column<int64_t>(run, "layers", "picks"),
             order = column<int64_t>(run, "units", "order"),
             example = column<int64_t>(run, "targets", "example"),
             of = column<int64_t>(run, "units", "example");
  CHECK(count.size() == 12);
  const auto total = std::accumulate(count.begin(), count.end(), int64_t{0});
  CHECK(total > 0);
  CHECK(std::accumulate(picks.begin(), picks.end(), int64_t{0}) == total);
  CHECK(static_cast<int64_t>(order.size()) == total);
  for (size_t t = 0; t < example.size(); ++t)
    CHECK(std::count(of.begin(), of.end(), example[t]) == count[t]);
  for (const double score : column<double>(run, "units", "score")) CHECK(score > 0);
}

TEST_CASE("memorised targets are those of the data, and no example is a target twice") {
  const auto run = critical();
  const auto example = column<int64_t>(run, "targets", "example");
  const auto flags = small_data().out.column("examples", "memorised").bytes,
             memorised = run.out.column("targets", "memorised").bytes;
  for (size_t t = 0; t < example.size(); ++t)
    CHECK(memorised[t] == flags[static_cast<size_t>(example[t])]);
  CHECK(std::accumulate(memorised.begin(), memorised.end(), 0) == 6);
  CHECK(std::set<int64_t>(example.begin(), example.end()).size() == 12);
}

TEST_CASE("means and quartiles are those of the flipped targets' counts") {
  const auto run = critical();
  const auto count = column<int64_t>(run, "targets", "count");
  const auto flipped = run.out.column("targets", "flipped").bytes,
             memorised = run.out.column("targets", "memorised").bytes;
  std::vector<double> counts;
  for (size_t t = 0; t < count.size(); ++t)
    if (memorised[t] && flipped[t]) counts.push_back(static_cast<double>(count[t]));
  REQUIRE_FALSE(counts.empty());
  std::sort(counts.begin(), counts.end());
  const size_t n = counts.size();
  CHECK(run.out.metric("count_mean/memorised") ==
        doctest::Approx(std::accumulate(counts.begin(), counts.end(), 0.0) / double(n)));
  CHECK(run.out.metric("count_median/memorised") ==
        doctest::Approx((counts[(n - 1) / 2] + counts[n / 2]) / 2));
  CHECK(run.out.metric("flipped/memorised") == doctest::Approx(double(n) / 6));
}

TEST_CASE("a run repeated, stopped and resumed, or cut into other blocks has the same results") {
  for (const char* unit : {"conv_channel", "all_params"}) {
    const auto params = small({{"unit", std::string(unit)}});
    const auto whole = critical(params);
    REQUIRE_MESSAGE(whole.ok(), whole.message);
    CHECK(critical(params).out == whole.out);
    for (const int64_t poll : {0, 2, 11}) {
      CAPTURE(std::string(unit) + " stopped at poll " + std::to_string(poll));
      const auto stopped = critical(params, {.stop_at_poll = poll});
      CHECK(stopped.status == ASSAY_CANCELLED);
      CHECK(critical(params, {.resumes = &stopped}).out == whole.out);
    }
  }
  const auto whole = critical();
  for (const int64_t together : {1, 5}) {
    const auto run = critical(small({{"together", together}}));
    for (const char* name : {"example", "count", "predicted"})
      CHECK(run.out.column("targets", name) == whole.out.column("targets", name));
    CHECK(run.out.column("units", "unit") == whole.out.column("units", "unit"));
  }
}

TEST_CASE("a run that had finished when it was killed does nothing more") {
  auto whole = critical();
  const auto again = critical(small(), {.resumes = &whole});
  CHECK(again.polls == 0);
  CHECK(again.out == whole.out);
}

TEST_CASE("examples that the network gets wrong are skipped and counted") {
  const auto half_fitted = train(6);
  const auto run = critical(small({{"targets", int64_t{16}}}), small_data(), half_fitted);
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("skipped/memorised") > 0);
  CHECK(run.out.metric("searched/memorised") + run.out.metric("skipped/memorised") == 16);
  REQUIRE(run.log.size() >= 1);
  CHECK(run.log[0].find("of the memorised examples the network gets only") == 0);
}

TEST_CASE("what is judged includes no target: its own loss is no damage") {
  // One unit picked at most, all examples judged: the accuracy before is of all memorised ones.
  const auto run = critical(small({{"eval_subset", int64_t{0}}, {"max_units", int64_t{1}}}));
  CHECK(run.out.metric("before/memorised") == 1);
  const auto after = column<double>(run, "targets", "acc_memorised");
  const auto memorised = run.out.column("targets", "memorised").bytes;
  for (size_t t = 0; t < after.size(); ++t) {
    const double others = memorised[t] ? 15 : 16;
    CHECK(after[t] * others == doctest::Approx(std::round(after[t] * others)));
  }
}

TEST_CASE("steps, layer norms, mean gradients and no noise or population each change the scores") {
  const auto plain = critical(small({}));
  REQUIRE_MESSAGE(plain.ok(), plain.message);
  for (const Params& more :
       {Params{{"step", 0.5}}, Params{{"score_norm", std::string("layer_std")}},
        Params{{"eot_mode", std::string("mean_gradients")}}, Params{{"noise_ratio", 0.0}},
        Params{{"population_term", false}}}) {
    const auto run = critical(small(more));
    REQUIRE_MESSAGE(run.ok(), run.message);
    CAPTURE(more.begin()->first);
    CHECK(run.out.column("units", "score").bytes != plain.out.column("units", "score").bytes);
  }
}

TEST_CASE("too few examples and an empty group are refused in one sentence") {
  CHECK(critical(small({{"targets", int64_t{17}}})).message ==
        "targets is 17, but 16 of the examples are memorised");
  CHECK(critical(small({{"search_batch", int64_t{161}}})).message ==
        "search_batch is 161, but there are 160 training examples");
  auto none = small_data();
  for (auto& flag : none.out.tables["examples"]["memorised"].bytes) flag = 0;
  CHECK(critical(small(), none, fitted()).message ==
        "targets is 6, but 0 of the examples are memorised");
  auto all = small_data();
  for (auto& flag : all.out.tables["examples"]["memorised"].bytes) flag = 1;
  CHECK(critical(small(), all, fitted()).message ==
        "targets is 6, but 0 of the examples are clean");
}
