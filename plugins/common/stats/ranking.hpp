// Rankings and how good they are: the numbers that judge a detector which gives each example a
// score.
//
// Throughout, a higher score means "more likely positive", `positive[i]` is 0 or not 0, and the
// spans of one call are equally long (else std::invalid_argument). A question that the data cannot
// answer (no positive example, a NaN among the scores, a constant in a correlation) has the answer
// NaN. Everything costs O(n log n) time and O(n) memory, and nothing depends on the order of
// examples unless the function says so.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::stats {

/// How often does a positive example score higher than a negative one?
///   AUC = (#{(p, q): s_p > s_q} + #{(p, q): s_p = s_q} / 2) / (n_pos n_neg),
/// the Mann-Whitney U statistic over its maximum and the area under the ROC curve. Ties count 1/2;
/// they are never broken. Exact: pairs are counted in integers (n up to 2^31). NaN without a
/// positive or without a negative. Mann and Whitney (1947), Ann. Math. Stat. 18.
double auc(std::span<const double> score, std::span<const uint8_t> positive);

/// Does the score still tell positives from negatives among examples that look alike otherwise?
/// The AUC over the pairs (p, q) with stratum_p = stratum_q alone; equally, the mean of the AUCs
/// inside each stratum value, weighted by n_pos n_neg. A stratum variable has matched AUC 1/2 for
/// itself by construction. Strata with one class only do not count; NaN if no stratum holds both.
double matched_auc(std::span<const double> score, std::span<const uint8_t> positive,
                   std::span<const double> stratum);

/// How pure is the top of the ranking, averaged over the positives?
///   AP = sum_t (R_t - R_{t-1}) P_t
/// over the distinct scores t from the highest down, with precision P_t and recall R_t of the
/// examples that score at least t: examples with equal scores enter together. NaN without a
/// positive. With all scores equal it is the share of positives. As scikit-learn's
/// average_precision_score.
double average_precision(std::span<const double> score, std::span<const uint8_t> positive);

/// What share of the k highest scores is positive? Equal scores are taken by ascending index, so
/// the order of examples matters within ties. NaN if k is 0 or above n.
double precision_at_k(std::span<const double> score, std::span<const uint8_t> positive, size_t k);

/// What share of all positives is among the round(fraction n) highest scores? Ties as
/// precision_at_k. NaN without a positive; std::invalid_argument if the fraction is not in [0, 1].
double recall_at_fraction(std::span<const double> score, std::span<const uint8_t> positive,
                          double fraction);

/// The indices of the scores from the highest down; equal scores by ascending index. A NaN is
/// refused with std::invalid_argument.
std::vector<size_t> descending(std::span<const double> score);

/// #{j: x_j < x_i} for each i: ranks from 0 in which ties share the smallest. NaN is refused with
/// std::invalid_argument.
std::vector<int64_t> min_ranks(std::span<const double> x);

/// #{j: x_j < x_i} + (#{j: x_j = x_i} - 1) / 2 for each i: ranks from 0 in which ties share their
/// mean. NaN is refused with std::invalid_argument.
std::vector<double> average_ranks(std::span<const double> x);

/// Do x and y lie on a rising (1) or a falling (-1) line?
///   r = sum (x_i - mx)(y_i - my) / sqrt(sum (x_i - mx)^2 sum (y_i - my)^2)
/// NaN for n < 2 or if either is constant. Two passes, O(n).
double pearson(std::span<const double> x, std::span<const double> y);

/// Do x and y rank alike? Pearson's r of the average ranks (so ties are handled as they should be,
/// and not by the formula with d^2). NaN as pearson. Spearman (1904), Am. J. Psychol. 15.
double spearman(std::span<const double> x, std::span<const double> y);

/// (x_i - mean) / sd with the population's sd (divisor n), so that the variance is exactly 1. All 0
/// if x is constant.
std::vector<double> zscores(std::span<const double> x);

}  // namespace assay::stats
