// What `predict` and `best_pool` have in common: laws, unions to choose from, budgets.
#pragma once
#include "plugins/qqt/unions.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace qqt {

/// The parameters of a question "which union?". A method derives from it.
struct Question {
  std::string unions = "prefix";
  std::string unmeasurable = "leave_out";
  std::vector<double> budgets{32e6, 64e6, 128e6, 640e6};
  double tau_scale_exponent = -2;

  template <class Method>
  static void describe_question(assay::Schema<Method>& s) {
    s.param("unions", &Method::unions,
            "prefix: of the q best pools; all: every subset of up to 12 pools")
        .choices({"prefix", "all"});
    s.param("unmeasurable", &Method::unmeasurable, "pools without measurable utility")
        .choices({"leave_out", "keep"});
    s.param("budgets", &Method::budgets, "samples seen in training").above(0).unit("samples");
    s.param("tau_scale_exponent", &Method::tau_scale_exponent,
            "gamma: half-lives in mixtures are tau (N_mix / N)^gamma; -2: that of the laws")
        .min(-2)
        .max(2);
    s.input("laws", ASSAY_TABLE, "of fit or import_params").format("qqt_laws");
  }
  void check_question() const {
    if (budgets.empty()) throw std::invalid_argument("budgets is empty: give at least one");
    check_gamma(tau_scale_exponent);
  }
  Laws laws(const assay::Job& job) const {
    Laws laws = read_laws(job.open("laws"));
    if (tau_scale_exponent > -2) laws.gamma = tau_scale_exponent;
    return laws;
  }
  std::vector<Candidate> candidates(const Laws& laws) const {
    const bool keep = unmeasurable == "keep";
    return unions == "all" ? all_unions(laws, keep) : prefix_unions(laws, keep);
  }
};

}  // namespace qqt
