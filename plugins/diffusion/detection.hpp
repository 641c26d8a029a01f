// How well a score tells hallucinated samples from those in the support: removal against retention.
//
// A sample is removed iff its score exceeds tau. Removal is the share of the hallucinated that are
// removed, retention the share of those in the support that are not. No LibTorch.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffusion {

struct Point {
  double tau, removal, retention;
};

/// Why scores of samples with these labels cannot be judged, in a sentence: none of them are
/// hallucinated, or all. "" if they can.
std::string one_kind(std::span<const uint8_t> bad);

/// The curve: tau = -infinity (removal 1, retention 0), then one point for each distinct score,
/// ascending, up to the largest (removal 0, retention 1). `bad` is 0 or not. std::invalid_argument
/// if the spans differ in length or a score is NaN, and unless there are samples of both kinds.
std::vector<Point> removal_curve(std::span<const double> score, std::span<const uint8_t> bad);

/// The point of the smallest tau that keeps at least `retention` of the samples in the support.
Point at_retention(const std::vector<Point>& curve, double retention);
/// The point of the largest tau that removes at least `removal` of the hallucinated.
Point at_removal(const std::vector<Point>& curve, double removal);

/// Removal and retention at a tau from elsewhere. NaN where there are no samples of a kind.
Point at_tau(std::span<const double> score, std::span<const uint8_t> bad, double tau);

/// The two numbers that judge a detector, and the area under the ROC curve.
struct Detection {
  double auc;
  Point retention, removal;  // operating points: by retention, by removal
};
Detection detect(std::span<const double> score, std::span<const uint8_t> bad, double retention,
                 double removal);

/// The indices of the `keep` lowest scores, ascending; of equal scores the earlier ones. All if
/// there are not more. std::invalid_argument if a score is NaN.
std::vector<int64_t> lowest(std::span<const double> score, int64_t keep);

}  // namespace diffusion
