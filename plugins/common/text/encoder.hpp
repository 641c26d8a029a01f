// Text to ids: added tokens are found, the rest is normalised, cut into words and given to the
// model.
#pragma once
#include "plugins/common/text/tokenizer_state.hpp"

#include <string_view>
#include <vector>

namespace assay::text {

/// Whether special tokens are parsed in bytes [begin, end) of the text.
struct Parsing {
  size_t begin = 0, end = 0;
  bool special = false;
};

class Encoder {
 public:
  /// Encodes at once. `parsing` covers the text in order. `state` and `text` outlive this.
  Encoder(const TokenizerState& state, std::string_view text, std::vector<Parsing> parsing,
          bool spans);
  Encoding finish(bool add_special);

 private:
  void part(Range range);
  void normalised(AlignedText& text, bool first);
  void bytes(AlignedText& text);
  void add(Id id, Span span);
  /// Whether all of the text's bytes [begin, end) may be a special token.
  bool parses(size_t begin, size_t end) const;

  const TokenizerState& state_;
  std::string_view text_;
  std::vector<Parsing> parsing_;
  bool spans_;
  bool aligned_;
  Encoding out_;
};

}  // namespace assay::text
