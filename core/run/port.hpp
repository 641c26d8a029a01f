// What of an archive an edge "STAGE:PORT@SELECTOR" shows.
#pragma once
#include "core/archive/archive.hpp"

#include <assay/assay.h>

#include <optional>
#include <string>
#include <vector>

namespace assay {

struct PortItem {
  std::string key, path;  // key: as assay.h describes it; path: in the archive
  assay_dtype dtype{};
  std::vector<int64_t> shape;
};

struct PortView {
  std::vector<PortItem> items;
  std::optional<int64_t> step;  // of a checkpoint
};

/// `port` is an output's name, "results" for the whole run, with an optional selector: "@step=N",
/// or "@best(metrics/x,max)", the checkpoint at whose step the series x is greatest (or least).
/// `kind` is the output's kind. Throws Refusal(ASSAY_NOT_FOUND) when the selector finds nothing.
PortView view_port(const Archive& archive, const std::string& port, assay_kind kind);

}  // namespace assay
