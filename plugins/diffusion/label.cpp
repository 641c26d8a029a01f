// Method `label`: which samples are hallucinated, and which of those lie between two modes.
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/image_sets.hpp"
#include "plugins/diffusion/interpolation.hpp"
#include "plugins/diffusion/judged.hpp"
#include "plugins/diffusion/label_file.hpp"
#include "plugins/diffusion/rates.hpp"
#include "plugins/diffusion/shape_detector.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace diffusion {

struct Label {
  static constexpr const char* name = "label";
  std::string rule = "mixture";
  double k_sigma = 6;
  int64_t points = 2000;

  static void describe(assay::Schema<Label>& s) {
    s.summary("Says which samples are hallucinated");
    s.param("rule", &Label::rule,
            "mixture: farther than k_sigma sigma from every mode; shapes: the image holds what no "
            "image of the data set can hold; duplicates: of that, a repeated shape alone, as the "
            "paper counts; file: input `labels`")
        .choices({"mixture", "shapes", "duplicates", "file"});
    s.param("k_sigma", &Label::k_sigma, "of mixture").above(0);
    s.param(
         "points", &Label::points,
         "of mixture: how many hallucinated and how many other samples go to the table of points")
        .min(0);
    s.input("samples", ASSAY_RUN, "a run of make_data, sample, filter, recurse or score_file");
    s.input("labels", ASSAY_FILE, "of rule = \"file\": NPY or text, 1: hallucinated, 0: not",
            ASSAY_OPTIONAL);
    declare_labels(s);
    declare_modes(s);
    declare_points(s);
    declare_shapes(s);
  }

  static void declare_labels(assay::Schema<Label>& s) {
    s.output("hallucinated", ASSAY_ARRAY, "(n,): 1 for the hallucinated");
    s.output("rate", ASSAY_SCALAR, "share that is hallucinated", ASSAY_HEADLINE);
    s.output("count", ASSAY_SCALAR, "how many are");
    s.output("n", ASSAY_SCALAR, "samples");
    declare_rates(s);
  }

  static void declare_modes(assay::Schema<Label>& s) {
    s.output("mode", ASSAY_ARRAY, "(n,): the nearest mode");
    s.output("edge", ASSAY_ARRAY,
             "(n,): interpolated: between which neighbours, a row of `edges`; "
             "else -1");
    s.output("lambda", ASSAY_ARRAY, "(n,): how far along that edge; NaN without one");
    s.output("rate_beyond/*", ASSAY_SCALAR, "share farther than so many sigma from every mode");
    s.output("interpolated_share", ASSAY_SCALAR,
             "share of the hallucinated that lies in the corridor between two neighbours");
    s.output("uniform_corridor_share", ASSAY_SCALAR, "the same if they fell anywhere");
    s.output("lowest_mode_share", ASSAY_SCALAR, "of any mode, over the share it should have");
    s.output("highest_mode_share", ASSAY_SCALAR, "of any mode, over the share it should have");
    s.output("edges", ASSAY_TABLE, "neighbouring modes")
        .column("edge", ASSAY_INT, "its position")
        .column("a", ASSAY_INT, "one mode")
        .column("b", ASSAY_INT, "the other")
        .column("length", ASSAY_REAL, "the modes' distance")
        .column("count", ASSAY_INT, "interpolated samples")
        .column("gap_count", ASSAY_INT, "of them, those with 0.3 < lambda < 0.7")
        .column("share", ASSAY_REAL, "count over all samples");
    s.output("mode_counts", ASSAY_TABLE, "samples in the support, by their mode")
        .column("mode", ASSAY_INT)
        .column("count", ASSAY_INT)
        .column("share", ASSAY_REAL, "of all samples in the support")
        .column("relative", ASSAY_REAL, "share over the mode's weight")
        .column("sd_over_sigma", ASSAY_REAL, "width of the mode's samples over sigma");
  }

  static void declare_points(assay::Schema<Label>& s) {
    s.output("points", ASSAY_TABLE, "the first samples of each kind, for figures")
        .column("group", ASSAY_STRING, "hallucinated or in support")
        .column("x0", ASSAY_REAL, "first coordinate")
        .column("x1", ASSAY_REAL, "second coordinate; NaN in one dimension");
  }

  static void declare_shapes(assay::Schema<Label>& s) {
    s.output("duplicate", ASSAY_ARRAY, "(n,) of shapes: 1 where a kind or a column has two");
    s.output("duplicate_rate", ASSAY_SCALAR, "share of images with a repeated shape: the paper's");
    s.output("malformed_rate", ASSAY_SCALAR, "share of images with a component that is no shape");
    s.output("hallucinated_images", ASSAY_ARRAY, "of images: the first 40 hallucinated")
        .format("images");
    s.output("supported_images", ASSAY_ARRAY, "of images: the first 40 others").format("images");
  }

  void run(assay::Job& job) const;

 private:
  std::vector<uint8_t> by_mixture(assay::Job& job, const Data& data, Rates& rates) const;
};

namespace {

template <class T>
int64_t total(const std::vector<T>& counts) {
  return std::accumulate(counts.begin(), counts.end(), int64_t{0});
}

void log_modes(const assay::Job& job, const Mixture& mixture, const std::vector<ModeSums>& sums) {
  std::vector<int64_t> mode, count;
  std::vector<double> share, relative, width;
  double total = 0;
  for (const auto& m : sums) total += static_cast<double>(m.count);
  for (size_t k = 0; k < sums.size(); ++k) {
    mode.push_back(static_cast<int64_t>(k));
    count.push_back(sums[k].count);
    share.push_back(static_cast<double>(count.back()) / total);
    relative.push_back(share.back() / mixture.weights[k]);
    width.push_back(sums[k].sd() / mixture.sigma);
  }
  job.rows("mode_counts", {{"mode", mode},
                           {"count", count},
                           {"share", share},
                           {"relative", relative},
                           {"sd_over_sigma", width}});
  job.scalar("lowest_mode_share", *std::min_element(relative.begin(), relative.end()));
  job.scalar("highest_mode_share", *std::max_element(relative.begin(), relative.end()));
}

void log_edges(const assay::Job& job, const std::vector<Edge>& edges, const Judged& all) {
  std::vector<int64_t> edge, a, b;
  std::vector<double> length, share;
  for (size_t e = 0; e < edges.size(); ++e) {
    edge.push_back(static_cast<int64_t>(e));
    a.push_back(edges[e].a);
    b.push_back(edges[e].b);
    length.push_back(edges[e].length);
    share.push_back(static_cast<double>(all.on_edge[e]) / static_cast<double>(all.bad.size()));
  }
  job.rows("edges", {{"edge", edge},
                     {"a", a},
                     {"b", b},
                     {"length", length},
                     {"count", all.on_edge},
                     {"gap_count", all.in_gap},
                     {"share", share}});
}

void log_points(const assay::Job& job, const Data& data, const std::vector<uint8_t>& bad,
                int64_t most) {
  std::vector<std::string> group;
  std::vector<double> x0, x1;
  int64_t shown[2] = {};
  const int64_t d = data.features();
  for (int64_t i = 0; i < data.count(); ++i) {
    const bool far = bad[static_cast<size_t>(i)] != 0;
    if (shown[far]++ >= most) continue;
    group.emplace_back(far ? "hallucinated" : "in support");
    x0.push_back(data.x[static_cast<size_t>(i * d)]);
    x1.push_back(d > 1 ? data.x[static_cast<size_t>(i * d + 1)]
                       : std::numeric_limits<double>::quiet_NaN());
  }
  if (!group.empty()) job.rows("points", {{"group", group}, {"x0", x0}, {"x1", x1}});
}

/// `duplicates`: the verdict is on repeated shapes alone.
std::vector<uint8_t> by_shapes(assay::Job& job, const Data& data, bool duplicates, Rates& rates) {
  std::vector<uint8_t> bad, duplicate;
  int64_t counts[4] = {};
  for (const auto& v : shape_verdicts(data)) {
    bad.push_back(duplicates ? v.duplicate : v.hallucinated());
    duplicate.push_back(v.duplicate);
    counts[0] += v.duplicate, counts[1] += v.wrong_column;
    counts[2] += v.malformed, counts[3] += v.empty;
  }
  const char* const names[] = {"duplicate", "wrong_column", "malformed", "empty"};
  for (size_t i = 0; i < 4; ++i) rates.add(names[i], 0, counts[i], data.count());
  job.array("duplicate", duplicate);
  job.scalar("duplicate_rate", static_cast<double>(counts[0]) / static_cast<double>(data.count()));
  job.scalar("malformed_rate", static_cast<double>(counts[2]) / static_cast<double>(data.count()));
  return bad;
}

/// The first 40 images whose verdict is `wanted`.
void log_images(const assay::Job& job, const char* name, const Data& data,
                const std::vector<uint8_t>& bad, bool wanted) {
  std::vector<int64_t> index;
  for (size_t i = 0; i < bad.size() && index.size() < 40; ++i)
    if ((bad[i] != 0) == wanted) index.push_back(static_cast<int64_t>(i));
  log_gallery(job, name, data, index);
}

}  // namespace

std::vector<uint8_t> Label::by_mixture(assay::Job& job, const Data& data, Rates& rates) const {
  const Mixture& mixture = data.mixture;
  if (mixture.count() > 0 && data.features() != mixture.dimension)
    throw std::invalid_argument("the samples have " + std::to_string(data.features()) +
                                " features and the modes " + std::to_string(mixture.dimension));
  const Interpolation interpolation(mixture, k_sigma);
  const Judged all = judge_all(data, interpolation);

  // Report by rule, by edge and by mode.
  for (size_t r = 0; r < std::size(kOtherRules); ++r) {
    const auto p = rates.add("beyond", kOtherRules[r], all.beyond[r], data.count());
    job.scalar("rate_beyond/" + std::to_string(static_cast<int>(kOtherRules[r])) + "sigma", p.rate);
  }
  const int64_t interpolated = total(all.on_edge);
  rates.add("interpolated", k_sigma, interpolated, data.count());
  job.scalar("interpolated_share",
             rates.add("interpolated of hallucinated", k_sigma, interpolated, total(all.bad)).rate);
  job.scalar("uniform_corridor_share", interpolation.uniform_corridor_share());
  log_edges(job, interpolation.edges(), all);
  log_modes(job, mixture, all.modes);
  job.array("mode", all.mode);
  job.array("edge", all.edge);
  job.array("lambda", all.lambda);
  log_points(job, data, all.bad, points);
  return all.bad;
}

void Label::run(assay::Job& job) const {
  const Data data = read_data(job, "samples");
  Rates rates;
  std::vector<uint8_t> bad;
  if (rule == "mixture") {
    bad = by_mixture(job, data, rates);
  } else if (rule == "shapes" || rule == "duplicates") {
    bad = by_shapes(job, data, rule == "duplicates", rates);
  } else if (job.inputs("labels") > 0) {
    bad = read_labels(job.path("labels"), data.count());
  } else {
    throw std::invalid_argument(
        "rule = \"file\" needs the input \"labels\": a file with 0 or 1 for "
        "each sample");
  }
  const int64_t count = total(bad);
  const auto p = rates.add("hallucinated", rule == "mixture" ? k_sigma : 0, count, data.count());
  rates.write(job);
  job.array("hallucinated", bad);
  if (data.images()) {
    log_images(job, "hallucinated_images", data, bad, true);
    log_images(job, "supported_images", data, bad, false);
  }
  job.scalar("rate", p.rate);
  job.scalar("count", static_cast<double>(count));
  job.scalar("n", static_cast<double>(data.count()));
}

}  // namespace diffusion

ASSAY_METHOD(diffusion::Label)
