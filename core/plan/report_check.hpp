// Checks what a claim, table, plot or gallery refers to: its stage, outputs, axes and filter.
#pragma once
#include "core/plan/stage.hpp"
#include "core/plan/values.hpp"

#include <set>
#include <string>
#include <vector>

namespace assay {

class ReportCheck {
 public:
  ReportCheck(const Stages& stages, const Plan& plan, bool only_some_stages, Findings& findings)
      : stages_(stages), plan_(plan), only_some_(only_some_stages), findings_(findings) {}

  /// The stage named by the item's key; null with an error, or silently when the stage is not part
  /// of this plan: left_out() is then true.
  const Stage* stage(const Fields& item, const std::string& name, const std::string& key = "stage");
  bool left_out() const { return left_out_; }
  std::vector<std::string> axes_of(const Stage& stage) const;
  /// Stages that some item refers to.
  const std::set<std::string>& used() const { return used_; }

  enum class Want { kNumbers, kArray, kText, kColumn };
  /// A value, or the reference of the wanted kind, of outputs that the stage declares.
  void value(const Fields& item, const Stage& stage, const Node& node, Want want);
  /// An axis or parameter of the stage.
  bool axis(const Fields& item, const Stage& stage, const std::string& name, const Place& place);
  /// `where` of the item; every axis that has several values among the points it leaves must be in
  /// `accounted`. `how` says what the user can do about one that is not.
  void where(const Fields& item, const Stage& stage, const std::string& text,
             const std::vector<std::string>& accounted, const std::string& how);

  std::vector<std::string> coordinates(const Stage& stage) const;

 private:
  void reference(const Fields& item, const Stage& stage, const Reference& reference,
                 const Place& place);
  void metric_selector(const Reference& reference, const PortSchema& port, const Place& place);
  const StageInfo* info(const Stage& stage) const;

  const Stages& stages_;
  const Plan& plan_;
  bool only_some_, left_out_ = false;
  Findings& findings_;
  std::set<std::string> used_;
};

}  // namespace assay
