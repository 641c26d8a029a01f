#include "plugins/localization/groups.hpp"

#include <algorithm>
#include <regex>
#include <stdexcept>

namespace localization {
namespace {

struct Rule {
  std::string text, group;
  std::regex parameters;
};

std::string first_word(const std::string& name) { return name.substr(0, name.find('.')); }

Rule parse(const std::string& text) {
  const auto sign = text.rfind('=');
  if (sign == std::string::npos || sign == 0 || sign + 1 == text.size())
    throw std::invalid_argument("\"" + text + "\" in groups is not REGEX=NAME");
  try {
    return {text, text.substr(sign + 1), std::regex(text.substr(0, sign))};
  } catch (const std::regex_error&) {
    throw std::invalid_argument("\"" + text.substr(0, sign) +
                                "\" in groups is not a regular expression");
  }
}

/// The name of the group that the rules give `parameter`; sets used[r] of each rule that matches.
std::string group_by(const std::vector<Rule>& rules, const std::string& parameter,
                     std::vector<uint8_t>& used) {
  std::string group;
  for (size_t r = 0; r < rules.size(); ++r) {
    if (!std::regex_match(parameter, rules[r].parameters)) continue;
    used[r] = 1;
    if (!group.empty() && group != rules[r].group)
      throw std::invalid_argument("the parameter \"" + parameter + "\" is in two groups, \"" +
                                  group + "\" and \"" + rules[r].group +
                                  "\": groups must put each parameter in exactly one");
    group = rules[r].group;
  }
  if (group.empty())
    throw std::invalid_argument("the parameter \"" + parameter +
                                "\" is in no group: groups must put each parameter in exactly one");
  return group;
}

/// How many words, separated by dots, the names begin with in common.
int64_t common_words(const std::string& a, const std::string& b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return std::count(a.begin(), x, '.');
}

Group& find_or_add(std::vector<Group>& groups, const std::string& name) {
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const Group& group) { return group.name == name; });
  return found == groups.end() ? groups.emplace_back(Group{name, {}, {}}) : *found;
}

/// The group of the parameter that `buffer` stands closest to.
Group& group_of_buffer(std::vector<Group>& groups, const std::string& buffer) {
  Group* best = &groups.front();
  int64_t most = -1;
  for (auto& group : groups)
    for (const auto& parameter : group.parameters)
      if (const auto words = common_words(parameter, buffer); words > most)
        most = words, best = &group;
  return *best;
}

}  // namespace

void check_rules(const std::vector<std::string>& rules) {
  for (const auto& rule : rules) parse(rule);
}

std::vector<Group> make_groups(const assay::nn::Classifier& net,
                               const std::vector<std::string>& texts) {
  std::vector<Rule> rules;
  for (const auto& text : texts) rules.push_back(parse(text));
  std::vector<uint8_t> used(rules.size());
  std::vector<Group> groups;
  for (const auto& p : net.named_parameters()) {
    const auto name = rules.empty() ? first_word(p.key()) : group_by(rules, p.key(), used);
    find_or_add(groups, name).parameters.push_back(p.key());
  }
  for (size_t r = 0; r < rules.size(); ++r)
    if (!used[r])
      throw std::invalid_argument("\"" + rules[r].text + "\" in groups matches no parameter");
  for (const auto& b : net.named_buffers())
    group_of_buffer(groups, b.key()).buffers.push_back(b.key());
  return groups;
}

size_t first_segment(const assay::nn::Classifier& net, const Group& group) {
  const auto& segments = net.segments();
  size_t first = segments.size();
  for (const auto* names : {&group.parameters, &group.buffers})
    for (const auto& name : *names) {
      const auto found = std::find(segments.begin(), segments.end(), first_word(name));
      if (found == segments.end()) return 0;
      first = std::min(first, static_cast<size_t>(found - segments.begin()));
    }
  return first;
}

}  // namespace localization
