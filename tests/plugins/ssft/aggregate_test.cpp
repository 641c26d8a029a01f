// Aggregation of runs made by hand: four images, two of them in each direction.
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_SSFT);
  return h;
}

template <class T>
Item item(const std::vector<T>& values, uint8_t code) {
  Item out;
  out.dtype = {code, sizeof(T) * 8, 1};
  out.shape = {static_cast<int64_t>(values.size())};
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  out.bytes.assign(bytes, bytes + values.size() * sizeof(T));
  return out;
}
Item whole(const std::vector<int64_t>& v) { return item(v, ASSAY_DT_INT); }
Item real(const std::vector<double>& v) { return item(v, ASSAY_DT_FLOAT); }
Item flags(const std::vector<uint8_t>& v) { return item(v, ASSAY_DT_BOOL); }
Item strings(const std::vector<std::string>& v) {
  Item out;
  out.shape = {static_cast<int64_t>(v.size())};
  out.strings = v;
  return out;
}

/// A run of `score` on the examples `index`, with T2 evaluations in the second stage.
Run scored(int64_t seed, const std::vector<int64_t>& index, const std::vector<int64_t>& ssft,
           int64_t T2, double lr = 0.1) {
  Run run;
  run.out.tables["setting"] = {{"model", strings({"mlp"})},
                               {"lr_a", real({lr})},
                               {"lr_b", real({lr})},
                               {"seed", whole({seed})}};
  const std::vector<int64_t> zeros(index.size());
  const std::vector<double> nothing(index.size());
  std::vector<uint8_t> never;
  std::vector<int64_t> label;
  for (const auto t : ssft) never.push_back(t == T2 + 1);
  for (const auto i : index) label.push_back(i == 2);  // the true label of all is 0: 2 is wrong
  auto& table = run.out.tables["scores"];
  table = {{"index", whole(index)},
           {"label", whole(label)},
           {"true_label", whole(zeros)},
           {"ssft", whole(ssft)},
           {"fslt", whole(zeros)},
           {"events", whole(zeros)},
           {"cum_learn", whole(zeros)},
           {"cum_forget", whole(zeros)},
           {"mean_prob", real(nothing)},
           {"mean_prob2", real(nothing)},
           {"joint", real(nothing)},
           {"joint_sum", real(nothing)},
           {"never_forgotten", flags(never)},
           {"never_learned", flags(std::vector<uint8_t>(index.size()))}};
  run.out.metrics["evaluations_a"] = {{-1, 4}};
  run.out.metrics["evaluations_b"] = {{-1, static_cast<double>(T2)}};
  return run;
}

/// A run of `split` whose half A is `index`; image i is one pixel of value i.
Run split(const std::vector<int64_t>& index) {
  Run run;
  std::vector<uint8_t> pixels(index.begin(), index.end());
  auto images = item(pixels, ASSAY_DT_UINT);
  images.shape = {static_cast<int64_t>(index.size()), 1, 1};
  run.out.arrays["images_a"] = images;
  run.out.tables["examples"] = {{"index", whole(index)},
                                {"part", strings(std::vector<std::string>(index.size(), "a"))},
                                {"label", whole(std::vector<int64_t>(index.size()))},
                                {"true_label", whole(std::vector<int64_t>(index.size()))},
                                {"subgroup", strings(std::vector<std::string>(index.size()))}};
  run.out.tables["classes"] = {{"label", whole({0, 1})}, {"name", strings({"cat", "dog"})}};
  return run;
}

Run aggregate(const std::vector<Run>& scores, const std::vector<Run>& splits,
              const std::string& how) {
  Inputs inputs;
  for (const auto& s : scores) inputs["scores"].push_back(s);
  for (const auto& s : splits) inputs["splits"].push_back(s);
  auto run = host().run("aggregate", {{"aggregate", how}}, inputs);
  REQUIRE_MESSAGE(run.ok(), run.message);
  return run;
}

std::vector<double> ssft_by_index(const Run& run) {
  const auto index = run.out.column("ranking", "index").as<int64_t>();
  const auto ssft = run.out.column("ranking", "ssft").as<double>();
  std::vector<double> out(index.size());
  for (size_t i = 0; i < index.size(); ++i) out[static_cast<size_t>(index[i])] = ssft[i];
  return out;
}

}  // namespace

TEST_CASE("capped, raw and fractional means differ where runs have different lengths") {
  // run 0 has 3 evaluations and run 1 has 5; example 0 is never forgotten by either
  const std::vector<Run> scores{scored(0, {0, 1, 2}, {4, 2, 1}, 3),
                                scored(1, {0, 1, 2}, {6, 6, 1}, 5)};
  const std::vector<Run> splits{split({0, 1, 2})};
  CHECK(ssft_by_index(aggregate(scores, splits, "capped")) == std::vector<double>{6, 4, 1});
  CHECK(ssft_by_index(aggregate(scores, splits, "raw")) == std::vector<double>{5, 4, 1});
  const auto fraction = ssft_by_index(aggregate(scores, splits, "fraction"));
  CHECK(fraction[0] == doctest::Approx(1));
  CHECK(fraction[1] == doctest::Approx((2.0 / 4 + 1) / 2));
  CHECK(fraction[2] == doctest::Approx((1.0 / 4 + 1.0 / 6) / 2));
  const auto run = aggregate(scores, splits, "capped");
  CHECK(run.out.column("ranking", "never_fraction").as<double>() == std::vector<double>{0, 0.5, 1});
  CHECK(run.out.metric("auc/ssft") == 1);
}

TEST_CASE("both directions make one ranking of all examples, with their own images") {
  const std::vector<Run> scores{scored(0, {0, 2}, {4, 2}, 3), scored(0, {1, 3}, {3, 1}, 3)};
  const auto run = aggregate(scores, {split({0, 2}), split({1, 3})}, "capped");
  CHECK(run.out.column("ranking", "index").as<int64_t>() == std::vector<int64_t>{3, 2, 1, 0});
  CHECK(run.out.column("ranking", "given").strings ==
        std::vector<std::string>{"cat", "dog", "cat", "cat"});
  CHECK(run.out.arrays.at("suspect_images").bytes == std::vector<uint8_t>{3, 2, 1, 0});
  CHECK(run.out.metric("examples") == 4);
}

TEST_CASE("stability compares runs on the same examples only") {
  const std::vector<Run> scores{scored(0, {0, 1, 2}, {1, 2, 4}, 3),
                                scored(1, {0, 1, 2}, {1, 3, 2}, 3),
                                scored(0, {3, 4, 5}, {1, 1, 2}, 3)};
  const auto run = aggregate(scores, {split({0, 1, 2}), split({3, 4, 5})}, "capped");
  // ranks 1 2 3 against 1 3 2: Spearman 1 - 6 * 2 / (3 * 8) = 1/2
  CHECK(run.out.metric("spearman/ssft") == doctest::Approx(0.5));
  CHECK(run.out.column("stability", "score").shape[0] == 9);
}

TEST_CASE("stability keeps pairs within a setting and across settings apart") {
  // ssft by run: A and B of one setting rank alike, C of another the other way round
  const std::vector<Run> scores{scored(0, {0, 1, 2}, {1, 2, 4}, 3, 0.1),
                                scored(1, {0, 1, 2}, {1, 2, 4}, 3, 0.1),
                                scored(0, {0, 1, 2}, {4, 2, 1}, 3, 0.02)};
  const auto run = aggregate(scores, {split({0, 1, 2})}, "capped");
  CHECK(run.out.metric("spearman_within/ssft") == doctest::Approx(1));
  CHECK(run.out.metric("spearman_across/ssft") == doctest::Approx(-1));
  CHECK(run.out.metric("spearman/ssft") == doctest::Approx(-1.0 / 3));
  const auto first = run.out.column("stability", "run_1").strings;
  CHECK(first[0] == "mlp lr 0.02 seed 0");
  CHECK(first[2] == "mlp lr 0.1 seed 0");
  // the matrix of three scores, each with 9 entries, 1 on the diagonal
  const auto matrix = run.out.column("correlations", "pearson").as<double>();
  CHECK(matrix.size() == 27);
  CHECK(matrix[0] == doctest::Approx(1));
  CHECK(matrix[1] == doctest::Approx(matrix[3]));
}
