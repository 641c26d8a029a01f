#include "plugins/common/lm/config_rope.hpp"

#include <cmath>

namespace assay::lm {
namespace {

constexpr double kMost = 1e12;

void read_scaling(const Keys& scaling, int64_t context, Rope& rope) {
  const auto kind = scaling.text({"rope_type", "type"}, "default");
  if (kind == "default") return;
  if (kind != "linear" && kind != "llama3" && kind != "yarn")
    scaling.refuse("rope_type", "is \"" + kind.substr(0, 40) +
                                    "\"; supported are default, linear, llama3 and yarn");
  rope.scaling = kind;
  rope.factor = scaling.number({"factor"}, 1e-6, kMost);
  if (kind == "linear") return;
  rope.original_context =
      scaling.integer({"original_max_position_embeddings"}, 1, int64_t{1} << 40, context);
  if (kind == "llama3") {
    rope.low_freq_factor = scaling.number({"low_freq_factor"}, 1e-6, kMost);
    rope.high_freq_factor = scaling.number({"high_freq_factor"}, 1e-6, kMost);
    if (rope.high_freq_factor <= rope.low_freq_factor)
      scaling.refuse("high_freq_factor", "is not above \"low_freq_factor\"");
  } else {
    rope.beta_fast = scaling.number({"beta_fast"}, 1e-6, kMost, 32);
    rope.beta_slow = scaling.number({"beta_slow"}, 1e-6, kMost, 1);
    rope.truncate = scaling.flag({"truncate"}, true);
    const double m = scaling.number({"mscale"}, 0, kMost, 0);
    const double all = scaling.number({"mscale_all_dim"}, 0, kMost, 0);
    const bool both = m > 0 && all > 0;
    rope.attention_factor = scaling.number(
        {"attention_factor"}, 0, kMost,
        both ? yarn_attention_factor(rope.factor, m) / yarn_attention_factor(rope.factor, all)
             : yarn_attention_factor(rope.factor));
  }
}

}  // namespace

double yarn_attention_factor(double factor, double scale) {
  return factor <= 1 ? 1 : 0.1 * scale * std::log(factor) + 1;
}

Rope read_rope(const Keys& keys, int64_t head_dim, int64_t context, double part) {
  auto parameters = keys.inside("rope_scaling");  // transformers prefers it, if both are there
  if (!parameters) parameters = keys.inside("rope_parameters");

  Rope rope;
  rope.theta = keys.number({"rope_theta", "rotary_emb_base"}, 1e-3, 1e15, 10000);
  part = keys.number({"partial_rotary_factor", "rotary_pct"}, 0, 1, part);
  if (parameters) {
    rope.theta = parameters->number({"rope_theta"}, 1e-3, 1e15, rope.theta);
    part = parameters->number({"partial_rotary_factor"}, 0, 1, part);
    read_scaling(*parameters, context, rope);
  }
  rope.dims = static_cast<int64_t>(static_cast<double>(head_dim) * part);
  if (rope.dims < 2 || rope.dims % 2 != 0)
    keys.refuse("partial_rotary_factor", "makes " + std::to_string(rope.dims) + " of " +
                                             std::to_string(head_dim) +
                                             " dimensions of a head turn; they turn in pairs");
  return rope;
}

}  // namespace assay::lm
