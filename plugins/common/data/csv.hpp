// Feature tables in CSV: one example a line, a label column, the rest numbers.
#pragma once
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/images.hpp"

namespace assay::data {

/// Comma-separated, fields optionally in double quotes (RFC 4180), empty lines skipped. With a
/// header row the columns `label` (required), `true_label`, `group` and `noisy` are those; without
/// one the last column is the label. A first row is a header if a field other than its last is no
/// number, or one is named label. Labels are whole numbers from 0, or, if the first is no number,
/// class names, numbered in alphabetical order. Features become (N, 1, 1, D).
ImageSet images_from_csv(View bytes, const std::string& path);

}  // namespace assay::data
