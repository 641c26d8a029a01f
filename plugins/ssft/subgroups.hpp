// Subgroups with a known reason to be hard: rare classes of a superclass, a simple and a complex
// source under one label, images that carry a mark which usually tells the label (the paper and its
// released code's data sets; the set-ups are parameters of one mechanism here).
#pragma once
#include "plugins/common/data/images.hpp"

#include <assay/plugin.hpp>

namespace ssft {

/// The parameters of `split` that make subgroups.
struct Grouping {
  int64_t largest_classes = 0;
  std::vector<int64_t> label_map;
  std::string superclasses = "none";
  std::vector<int64_t> class_sizes;
  std::vector<std::string> source_names;
  int64_t patch_class = -1, patch_side = 4, patch_corner = 1;
  double patch_rate_a = 1, patch_rate_b = 1;
  double grey = 0;
  int64_t group_seed = 0;

  template <class M>
  static void describe(assay::Schema<M>& s) {
    s.param("largest_classes", &Grouping::largest_classes,
            "keeps so many classes, those with the most examples; 0: all")
        .min(0)
        .unit("classes");
    s.param("label_map", &Grouping::label_map,
            "the new label of each class, those of more_images after those of images; -1: left "
            "out; empty: as they are")
        .min(-1);
    s.param("superclasses", &Grouping::superclasses,
            "instead of label_map. random: as many classes a superclass as class_sizes has sizes; "
            "groups: the source's groups, as the coarse labels of CIFAR-100")
        .choices({"none", "random", "groups"});
    s.param("class_sizes", &Grouping::class_sizes,
            "examples in each half of the first, second, ... class of every label, in an order "
            "drawn at random for each; a single number: of every class; empty: no limit")
        .min(1)
        .unit("examples");
    s.param("source_names", &Grouping::source_names,
            "subgroups by source: the names of that of images and that of more_images");
    s.param("patch_class", &Grouping::patch_class,
            "the label that a white square in the image speaks for; -1: no square")
        .min(-1);
    s.param("patch_rate_a", &Grouping::patch_rate_a,
            "share of A in which the square tells the truth: there if the label is patch_class, "
            "else not")
        .min(0)
        .max(1);
    s.param("patch_rate_b", &Grouping::patch_rate_b, "the same of B").min(0).max(1);
    s.param("patch_side", &Grouping::patch_side, "of the square").min(1).unit("pixels");
    s.param("patch_corner", &Grouping::patch_corner, "its first row and column, from 0")
        .min(0)
        .unit("pixels");
    s.param("grey", &Grouping::grey, "share of each half whose images lose their colour")
        .min(0)
        .max(1);
    s.param("group_seed", &Grouping::group_seed,
            "chooses superclasses, the order of their classes, and the images that are marked")
        .min(0);
  }

  /// What can be said without the images; assay::Error with one sentence.
  void check() const;
};

/// What becomes of each class of the source.
struct ClassPlan {
  std::vector<int32_t> label;      // the new label of each class; -1: left out
  std::vector<int32_t> level;      // its place among the classes of its label, from 0
  std::vector<std::string> names;  // of the new labels

  std::vector<int32_t> new_labels(const std::vector<int32_t>& classes) const;
  /// Whether example i takes part: neither its label nor its true label is left out.
  bool keeps(const assay::data::ImageSet& set, int64_t i) const;
};

/// Labels and, where class_sizes has several, levels, drawn from `stream`. std::invalid_argument
/// with one sentence if the parameters do not fit the set.
ClassPlan plan_classes(const Grouping& grouping, const assay::data::ImageSet& set,
                       assay::Stream stream);

struct Halves {
  std::vector<int64_t> a, b;  // indices in the source
};

/// The examples of `order` by class: the first ones to B, as many to A. std::invalid_argument if a
/// class has fewer than it takes.
Halves halves_by_class(const Grouping& grouping, const ClassPlan& plan,
                       const assay::data::ImageSet& set, const std::vector<int64_t>& order);

/// Marks the images of half `h`, and appends ", MARK" or "MARK" to the subgroups of its examples:
/// "aligned" or "misaligned" with a patch, "grey" or "colour". `truth` are the new labels.
void mark(const Grouping& grouping, assay::data::ImageSet& set, const std::vector<int64_t>& half,
          const std::vector<int32_t>& truth, double patch_rate, uint64_t key,
          std::vector<std::string>& subgroup);

/// The subgroups of all examples before marks: "level 1" ... (the largest class of a label first as
/// class_sizes has it), the name of the source, both, or "". The first `in_first` examples are
/// those of `images`.
std::vector<std::string> name_subgroups(const Grouping& grouping, const ClassPlan& plan,
                                        const std::vector<int32_t>& classes, int64_t in_first);

}  // namespace ssft
