#include "plugins/common/data/compose.hpp"
#include "plugins/common/data/subset.hpp"
#include "plugins/ssft/subgroups.hpp"

#include <algorithm>
#include <numeric>

namespace ssft {

using assay::data::ImageSet;

namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw std::invalid_argument(sentence); }

std::string counted(size_t n, const std::string& thing, const std::string& things) {
  return std::to_string(n) + " " + (n == 1 ? thing : things);
}

/// The group of each class; every class must lie in one.
std::vector<int32_t> groups_of_classes(const ImageSet& set) {
  if (set.groups.empty()) refuse(set.source + " has no groups to make superclasses of");
  std::vector<int32_t> group(static_cast<size_t>(set.classes), -1);
  for (size_t i = 0; i < set.labels.size(); ++i) {
    auto& known = group[static_cast<size_t>(set.labels[i])];
    if (known >= 0 && known != set.groups[i])
      refuse("class " + std::to_string(set.labels[i]) + " lies in the groups " +
             std::to_string(known) + " and " + std::to_string(set.groups[i]) +
             ", but a superclass needs each class in one");
    known = set.groups[i];
  }
  return group;
}

/// Classes in random order, `size` of them a superclass.
std::vector<int32_t> random_superclasses(int classes, size_t size, assay::Stream& stream) {
  const auto count = static_cast<size_t>(classes);
  if (size < 2)
    refuse("superclasses = random needs class_sizes with a size for each of its classes");
  if (count % size)
    refuse("class_sizes has " + std::to_string(size) + " sizes, and " + std::to_string(classes) +
           " classes cannot be dealt into superclasses of " + std::to_string(size));
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  stream.shuffle(order);
  std::vector<int32_t> label(count);
  for (size_t k = 0; k < count; ++k) label[order[k]] = static_cast<int32_t>(k / size);
  return label;
}

std::vector<int32_t> labels_of_classes(const Grouping& g, const ImageSet& set,
                                       assay::Stream& stream) {
  if (g.superclasses == "groups") return groups_of_classes(set);
  if (g.superclasses == "random")
    return random_superclasses(set.classes, g.class_sizes.size(), stream);
  std::vector<int32_t> label(static_cast<size_t>(set.classes));
  if (g.largest_classes > 0) {
    std::fill(label.begin(), label.end(), -1);
    int32_t next = 0;
    for (const int32_t k : assay::data::largest_classes(set, g.largest_classes))
      label[static_cast<size_t>(k)] = next++;
    return label;
  }
  std::iota(label.begin(), label.end(), 0);
  if (g.label_map.empty()) return label;
  if (g.label_map.size() != label.size())
    refuse("label_map has " + counted(g.label_map.size(), "label", "labels") +
           ", but the source has " + std::to_string(set.classes) + " classes");
  for (size_t k = 0; k < label.size(); ++k) {
    if (g.label_map[k] >= set.classes)
      refuse("label_map holds " + std::to_string(g.label_map[k]) + ", but the new labels of " +
             std::to_string(set.classes) + " classes are below " + std::to_string(set.classes));
    label[k] = static_cast<int32_t>(g.label_map[k]);
  }
  return label;
}

/// The number of new labels, of which none may be missing.
int32_t count_labels(const std::vector<int32_t>& label) {
  const int32_t labels = *std::max_element(label.begin(), label.end()) + 1;
  if (labels < 2)
    refuse("the classes that are kept have " +
           counted(static_cast<size_t>(labels), "label", "labels") + ", but 2 are needed");
  for (int32_t k = 0; k < labels; ++k)
    if (std::find(label.begin(), label.end(), k) == label.end())
      refuse("no class has the new label " + std::to_string(k) + ", though one has " +
             std::to_string(labels - 1));
  return labels;
}

/// The name of a new label: that of its classes if they are few.
std::string name_label(const std::vector<size_t>& classes, const std::vector<std::string>& names,
                       int32_t label) {
  if (classes.size() > 2) return "superclass " + std::to_string(label);
  std::string name;
  for (const size_t k : classes) name += (name.empty() ? "" : " + ") + names[k];
  return name;
}

void add_to(std::string& subgroup, const std::string& name) {
  subgroup += (subgroup.empty() ? "" : ", ") + name;
}

}  // namespace

void Grouping::check() const {
  const auto invalid = [](const char* why) { throw assay::Error(ASSAY_INVALID_ARGUMENT, why); };
  if (!label_map.empty() && superclasses != "none")
    invalid("label_map and superclasses both give the classes new labels: set one of them");
  if (largest_classes == 1) invalid("largest_classes is 1, but 2 classes are needed");
  if (largest_classes > 0 && (!label_map.empty() || superclasses != "none"))
    invalid("largest_classes cannot go with label_map or superclasses: set one of them");
  if (superclasses == "random" && class_sizes.size() < 2)
    invalid("superclasses = random needs class_sizes with a size for each of its classes");
  if (!source_names.empty() && source_names.size() != 2)
    invalid("source_names must have two names, for images and for more_images");
}

std::vector<int32_t> ClassPlan::new_labels(const std::vector<int32_t>& classes) const {
  std::vector<int32_t> out;
  for (const int32_t k : classes) out.push_back(label[static_cast<size_t>(k)]);
  return out;
}

bool ClassPlan::keeps(const ImageSet& set, int64_t i) const {
  const auto at = static_cast<size_t>(i);
  const auto kept = [&](int32_t k) { return label[static_cast<size_t>(k)] >= 0; };
  return kept(set.labels[at]) && (set.true_labels.empty() || kept(set.true_labels[at]));
}

ClassPlan plan_classes(const Grouping& g, const ImageSet& set, assay::Stream stream) {
  ClassPlan plan;
  plan.label = labels_of_classes(g, set, stream);
  plan.level.resize(plan.label.size());
  const auto labels = count_labels(plan.label);
  if (g.patch_class >= labels)
    refuse("patch_class is " + std::to_string(g.patch_class) + ", but the labels are from 0 to " +
           std::to_string(labels - 1));
  const auto names = assay::data::names_of_classes(set);
  for (int32_t label = 0; label < labels; ++label) {
    std::vector<size_t> classes;
    for (size_t k = 0; k < plan.label.size(); ++k)
      if (plan.label[k] == label) classes.push_back(k);
    plan.names.push_back(name_label(classes, names, label));
    if (g.class_sizes.size() < 2) continue;
    if (classes.size() != g.class_sizes.size())
      refuse("class_sizes has " + std::to_string(g.class_sizes.size()) + " sizes, but label " +
             std::to_string(label) + " has " + counted(classes.size(), "class", "classes"));
    stream.shuffle(classes);
    for (size_t level = 0; level < classes.size(); ++level)
      plan.level[classes[level]] = static_cast<int32_t>(level);
  }
  return plan;
}

Halves halves_by_class(const Grouping& g, const ClassPlan& plan, const ImageSet& set,
                       const std::vector<int64_t>& order) {
  std::vector<int64_t> wanted, taken(plan.label.size());
  for (const int32_t level : plan.level)
    wanted.push_back(g.class_sizes[g.class_sizes.size() == 1 ? 0 : static_cast<size_t>(level)]);
  Halves h;
  for (const int64_t i : order) {
    const auto k = static_cast<size_t>(set.labels[static_cast<size_t>(i)]);
    if (taken[k] < 2 * wanted[k]) (taken[k]++ < wanted[k] ? h.b : h.a).push_back(i);
  }
  for (size_t k = 0; k < taken.size(); ++k)
    if (plan.label[k] >= 0 && taken[k] < 2 * wanted[k])
      refuse("class_sizes asks for " + std::to_string(wanted[k]) +
             " examples in each half of class " + std::to_string(k) + " (" +
             assay::data::names_of_classes(set)[k] + "), which has " + std::to_string(taken[k]) +
             " in all");
  return h;
}

void mark(const Grouping& g, ImageSet& set, const std::vector<int64_t>& half,
          const std::vector<int32_t>& truth, double patch_rate, uint64_t key,
          std::vector<std::string>& subgroup) {
  if (!set.has_pixels() && (g.grey > 0 || g.patch_class >= 0))
    refuse(set.source + " holds no images, and neither grey nor a patch can be painted on it");
  if (g.grey > 0) {
    const auto grey = assay::data::choose(half, g.grey, key ^ 1);
    assay::data::turn_grey(set, grey);
    for (const int64_t i : half)
      add_to(subgroup[static_cast<size_t>(i)],
             std::binary_search(grey.begin(), grey.end(), i) ? "grey" : "colour");
  }
  if (g.patch_class < 0) return;
  const auto misaligned = assay::data::choose(half, 1 - patch_rate, key);
  std::vector<int64_t> patched;
  for (const int64_t i : half) {
    const bool lies = std::binary_search(misaligned.begin(), misaligned.end(), i);
    if ((truth[static_cast<size_t>(i)] == g.patch_class) != lies) patched.push_back(i);
    add_to(subgroup[static_cast<size_t>(i)], lies ? "misaligned" : "aligned");
  }
  assay::data::paint_square(set, patched, g.patch_side, g.patch_corner);
}

std::vector<std::string> name_subgroups(const Grouping& g, const ClassPlan& plan,
                                        const std::vector<int32_t>& classes, int64_t in_first) {
  std::vector<std::string> out(classes.size());
  for (size_t i = 0; i < classes.size(); ++i) {
    if (g.class_sizes.size() > 1)
      add_to(out[i], "level " + std::to_string(plan.level[static_cast<size_t>(classes[i])] + 1));
    if (!g.source_names.empty())
      add_to(out[i], g.source_names[static_cast<int64_t>(i) < in_first ? 0 : 1]);
  }
  return out;
}

}  // namespace ssft
