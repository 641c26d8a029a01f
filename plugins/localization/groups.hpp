// Groups of a network's tensors, for which gradients are accounted and which are rewound: its
// layers, unless the user says otherwise.
#pragma once
#include "plugins/common/nn/classifier.hpp"

#include <string>
#include <vector>

namespace localization {

struct Group {
  std::string name;
  std::vector<std::string> parameters, buffers;  // in the network's order
};

/// Which group each tensor is in. Without `rules`, it is named by the first word of the tensor's
/// name: a segment of a built-in network. A rule "REGEX=NAME" (ECMAScript) puts the parameters
/// whose whole name matches into NAME; several may name one group. The rules must put each
/// parameter in exactly one group: std::invalid_argument names the first that they do not, or a
/// rule that is none or matches nothing. A buffer is in the group of the parameter whose name
/// begins with the most equal words, the first of several. Groups are in the order of their first
/// parameters.
std::vector<Group> make_groups(const assay::nn::Classifier& net,
                               const std::vector<std::string>& rules);

/// Throws what make_groups does about a rule that is not REGEX=NAME, whatever the network.
void check_rules(const std::vector<std::string>& rules);

/// The position of a group's first segment in the network; 0 if no segment has the tensors' names.
size_t first_segment(const assay::nn::Classifier& net, const Group& group);

}  // namespace localization
