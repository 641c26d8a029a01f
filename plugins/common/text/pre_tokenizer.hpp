// What byte-level tokenizers do before their model, apart from writing bytes as characters.
#pragma once
#include "plugins/common/text/cutter.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace assay::text {

/// A ByteLevel pre-tokeniser and the cutters before it.
struct ByteLevelCut {
  std::vector<std::unique_ptr<Cutter>> cutters;  // each cuts the words of the one before
  bool add_prefix_space = false;                 // to the whole, if it begins with another byte
};

/// Nothing if the pre-tokeniser is not of this kind.
std::optional<ByteLevelCut> make_byte_level_cut(const nlohmann::json& json);

}  // namespace assay::text
