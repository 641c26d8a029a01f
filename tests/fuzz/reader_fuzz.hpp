// What every data fuzz target checks: a reader refuses its input or returns a set that is whole.
#pragma once
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/images.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace fuzz {

/// Runs `read`, which returns an ImageSet or throws std::invalid_argument with the path "f" first.
/// Whatever is read must pass validate, unless that says why not. Anything else ends the process.
template <class Read>
int check_reader(Read&& read) {
  try {
    assay::data::ImageSet set = read();
    assay::data::validate(set);
    if (static_cast<int64_t>(set.labels.size()) != set.count) std::abort();
    for (const int32_t label : set.labels)
      if (label < 0 || label >= set.classes) std::abort();
  } catch (const std::invalid_argument& e) {
    if (std::string(e.what()).rfind('f', 0) != 0) std::abort();
  }
  return 0;
}

}  // namespace fuzz
