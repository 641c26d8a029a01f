#include "plugins/common/stats/ranking.hpp"
#include "plugins/ssft/groups.hpp"
#include "plugins/ssft/judge.hpp"
#include "plugins/ssft/scores.hpp"
#include "plugins/ssft/times.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

using namespace ssft;

namespace {

BitMatrix bits(const nlohmann::json& rows) {
  BitMatrix m(static_cast<int64_t>(rows.at(0).size()));
  for (const auto& row : rows) m.append(row.get<std::vector<uint8_t>>());
  return m;
}

/// One example's history as a matrix of one column.
BitMatrix history(std::initializer_list<uint8_t> right) {
  BitMatrix m(1);
  for (const uint8_t r : right) m.append(std::span(&r, 1));
  return m;
}

nlohmann::json oracle() {
  std::ifstream file(ASSAY_ORACLES "/ssft_scores.json");
  return nlohmann::json::parse(file);
}

}  // namespace

TEST_CASE("bits are packed as numpy.packbits packs them") {
  BitMatrix m(10);
  m.append(std::vector<uint8_t>{1, 0, 0, 0, 0, 0, 1, 1, 0, 1});
  m.append(std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0, 0, 1, 0});
  CHECK(m.packed() == std::vector<uint8_t>{0b10000011, 0b01000000, 0, 0b10000000});
  CHECK(m.rows() == 2);
  CHECK(m.at(0, 9));
  CHECK_FALSE(m.at(1, 9));
}

TEST_CASE("an example that is always right was learned at 1 and is forgotten at T + 1") {
  const auto m = history({1, 1, 1});
  CHECK(settled(m, true) == std::vector<int64_t>{1});
  CHECK(settled(m, false) == std::vector<int64_t>{4});
  CHECK(first(m, false) == std::vector<int64_t>{4});
  CHECK(events(m) == std::vector<int64_t>{0});
}

TEST_CASE("a late slip makes an example never learned, however early it was right") {
  const auto m = history({1, 1, 1, 0});
  CHECK(settled(m, true) == std::vector<int64_t>{5});
  CHECK(first(m, true) == std::vector<int64_t>{1});
  CHECK(settled(m, false) == std::vector<int64_t>{4});
  CHECK(events(m) == std::vector<int64_t>{1});
}

TEST_CASE("forgetting that does not last counts as an event and not as forgetting") {
  const auto m = history({1, 0, 1, 0, 1});
  CHECK(settled(m, false) == std::vector<int64_t>{6});
  CHECK(first(m, false) == std::vector<int64_t>{2});
  CHECK(events(m) == std::vector<int64_t>{2});
  CHECK(times_right(m) == std::vector<int64_t>{3});
}

TEST_CASE("times and scores agree with their definitions, tried one by one") {
  for (const auto& c : oracle()) {
    Record r = record(bits(c["learned"]), bits(c["training"]), bits(c["forgotten"]));
    c["mean_prob"].get_to(r.mean_prob);
    c["mean_prob2"].get_to(r.mean_prob2);
    const auto& times = c["times"];
    CHECK(r.fslt == times["fslt"].get<std::vector<int64_t>>());
    CHECK(r.ssft == times["ssft"].get<std::vector<int64_t>>());
    CHECK(r.first_learned == times["first_learned"].get<std::vector<int64_t>>());
    CHECK(r.first_forgotten == times["first_forgotten"].get<std::vector<int64_t>>());
    CHECK(r.events == times["events"].get<std::vector<int64_t>>());
    CHECK(r.events_training == times["events_training"].get<std::vector<int64_t>>());
    CHECK(r.cum_learn == times["cum_learn"].get<std::vector<int64_t>>());
    CHECK(r.cum_forget == times["cum_forget"].get<std::vector<int64_t>>());
    CHECK(r.never_learned == c["never_learned"].get<std::vector<uint8_t>>());
    CHECK(r.never_forgotten == c["never_forgotten"].get<std::vector<uint8_t>>());

    const auto noisy = c["noisy"].get<std::vector<uint8_t>>();
    for (const auto& s : suspicions(r, true, c["joint_factor"])) {
      CAPTURE(s.name);
      CHECK(assay::stats::auc(s.value, noisy) == doctest::Approx(c["auc"][s.name].get<double>()));
      if (!c.contains(s.name) || !s.name.starts_with("joint")) continue;
      const auto expected = c[s.name].get<std::vector<double>>();
      for (size_t i = 0; i < expected.size(); ++i)
        if (!std::isnan(expected[i])) CHECK(s.value[i] == doctest::Approx(expected[i]));
    }
    for (const auto& s : suspicions(r, false, 100))
      if (s.name == "events")
        CHECK(assay::stats::auc(s.value, noisy) ==
              doctest::Approx(c["auc_events_counted"].get<double>()));
  }
}

TEST_CASE("a never-learned example has more events than any learned one, or as counted") {
  BitMatrix m(3);  // two events and learned; one event and never learned; none
  for (const auto& row :
       std::vector<std::vector<uint8_t>>{{1, 1, 0}, {0, 0, 1}, {1, 0, 1}, {0, 0, 1}, {1, 0, 1}})
    m.append(row);
  Record r = record(m, m, m);
  r.mean_prob = r.mean_prob2 = {0, 0, 0};
  CHECK(suspicions(r, true, 100)[4].value == std::vector<double>{2, 3, 0});
  CHECK(suspicions(r, false, 100)[4].value == std::vector<double>{2, 1, 0});
}

TEST_CASE("numbers by group agree with their definitions, ties and \"never\" included") {
  for (const auto& c : oracle()) {
    const Record r = record(bits(c["learned"]), bits(c["training"]), bits(c["forgotten"]));
    const auto groups = times_by_group(r, c["group"].get<std::vector<std::string>>());
    REQUIRE(groups.size() == c["groups"].size());
    for (const auto& g : groups) {
      CAPTURE(g.group);
      const auto& expected = c["groups"][g.group];
      CHECK(g.examples == expected["examples"].get<int64_t>());
      CHECK(g.learned == doctest::Approx(expected["learned"].get<double>()));
      CHECK(g.retention == doctest::Approx(expected["retention"].get<double>()));
      CHECK(g.mean_fslt == doctest::Approx(expected["mean_fslt"].get<double>()));
      CHECK(g.median_fslt == doctest::Approx(expected["median_fslt"].get<double>()));
      CHECK(g.mean_ssft == doctest::Approx(expected["mean_ssft"].get<double>()));
      CHECK(g.median_ssft == doctest::Approx(expected["median_ssft"].get<double>()));
    }
  }
}

TEST_CASE("AUCs between named groups leave the rest out") {
  for (const auto& c : oracle()) {
    if (c["matched_against_level_3"].is_null()) continue;
    Record r = record(bits(c["learned"]), bits(c["training"]), bits(c["forgotten"]));
    c["mean_prob"].get_to(r.mean_prob);
    c["mean_prob2"].get_to(r.mean_prob2);
    const auto scores = suspicions(r, true, 100);
    const auto s = sides(c["group"].get<std::vector<std::string>>(), {"mislabelled"}, {"level 3"});
    const auto positive = only(s.positive, s.compared);
    const auto ssft = only(scores[0].value, s.compared), fslt = only(scores[1].value, s.compared);
    CHECK(assay::stats::auc(ssft, positive) ==
          doctest::Approx(c["auc_ssft_against_level_3"].get<double>()));
    CHECK(assay::stats::matched_auc(ssft, positive, fslt) ==
          doctest::Approx(c["matched_against_level_3"].get<double>()));
  }
}

TEST_CASE("a group that A has not is refused with those it has; mislabelled may be missing") {
  const std::vector<std::string> group{"rare", "common", "rare"};
  CHECK_THROWS_WITH_AS(sides(group, {"mislabelled"}, {"rarest"}),
                       "A has no group \"rarest\"; its groups are \"common\", \"rare\"",
                       std::invalid_argument);
  const auto s = sides(group, {"mislabelled"}, {});
  CHECK(s.positive == std::vector<uint8_t>{0, 0, 0});
  CHECK(s.compared == std::vector<uint8_t>{1, 1, 1});
  CHECK(sides(group, {"common"}, {"rare"}).positive == std::vector<uint8_t>{0, 1, 0});
}

TEST_CASE("a group's name becomes one word of a metric's") {
  CHECK(metric_name("level 1, misaligned") == "level_1_misaligned");
  CHECK(metric_name("Ankle boot") == "Ankle_boot");
}
