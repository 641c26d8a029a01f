// The table `rates`: shares that were counted, never without what they were counted of.
#pragma once
#include "plugins/common/stats/proportion.hpp"

#include <assay/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace diffusion {

template <class M>
void declare_rates(assay::Schema<M>& s) {
  s.output("rates", ASSAY_TABLE, "how many samples each rule catches")
      .column("rule", ASSAY_STRING, "what is counted")
      .column("k_sigma", ASSAY_REAL, "of rules by distance from the modes; else 0")
      .column("count", ASSAY_INT)
      .column("n", ASSAY_INT, "of so many")
      .column("rate", ASSAY_REAL, "count / n")
      .column("lo", ASSAY_REAL, "Wilson's 95 % interval")
      .column("hi", ASSAY_REAL);
}

class Rates {
 public:
  assay::stats::Proportion add(const std::string& rule, double k_sigma, int64_t count, int64_t n) {
    const auto p = assay::stats::wilson(count, n);
    rule_.push_back(rule), k_sigma_.push_back(k_sigma);
    count_.push_back(count), n_.push_back(n);
    rate_.push_back(p.rate), lo_.push_back(p.lo), hi_.push_back(p.hi);
    return p;
  }
  void write(const assay::Job& job) const {
    job.rows("rates", {{"rule", rule_},
                       {"k_sigma", k_sigma_},
                       {"count", count_},
                       {"n", n_},
                       {"rate", rate_},
                       {"lo", lo_},
                       {"hi", hi_}});
  }

 private:
  std::vector<std::string> rule_;
  std::vector<double> k_sigma_, rate_, lo_, hi_;
  std::vector<int64_t> count_, n_;
};

}  // namespace diffusion
