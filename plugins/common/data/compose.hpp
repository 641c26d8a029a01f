// One labelled image set out of others: unions, and marks on some of the images.
#pragma once
#include "plugins/common/data/images.hpp"

#include <span>

namespace assay::data {

/// The classes' names, or their numbers as text where they have none.
std::vector<std::string> names_of_classes(const ImageSet& set);

/// Adds the examples of `more`, whose classes (and groups) are numbered after those of `set`. True
/// labels that only one of the two has are the labels of the other; groups that only one has are
/// dropped. std::invalid_argument, with both shapes, if the images differ in shape.
void unite(ImageSet& set, const ImageSet& more);

/// Paints a white square of `side` pixels on every image at `index`, its upper left corner in row
/// and column `corner` from 0. std::invalid_argument if it does not fit or the set has no pixels.
void paint_square(ImageSet& set, std::span<const int64_t> index, int64_t side, int64_t corner);

/// Takes the colour out of the images at `index`: every channel becomes the luma of ITU-R BT.601,
/// (299 R + 587 G + 114 B) / 1000, rounded. std::invalid_argument if there are not 3 channels
/// of pixels.
void turn_grey(ImageSet& set, std::span<const int64_t> index);

/// round(share n) of the n `members`, chosen without replacement by draws that are counted by the
/// members' numbers under `key`, ascending: their order does not matter.
std::vector<int64_t> choose(std::span<const int64_t> members, double share, uint64_t key);

}  // namespace assay::data
