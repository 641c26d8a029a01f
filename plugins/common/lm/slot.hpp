// One of the sequences that an engine works on at the same time.
#pragma once
#include "plugins/common/lm/answer_text.hpp"
#include "plugins/common/lm/engine.hpp"
#include "plugins/common/lm/kv_cache.hpp"

namespace assay::lm {

struct Slot {
  explicit Slot(const Config& config, at::Device device) : cache(config, device) {}

  bool busy = false;
  const Request* request = nullptr;
  size_t index = 0;              // of the request
  std::vector<text::Id> tokens;  // prompt, then the answer so far
  KvCache cache;                 // of the first of them
  Answer answer;
  std::optional<AnswerText> text;

  // A prompt that begins as another slot's waits until that has computed `common` tokens.
  const Slot* donor = nullptr;
  int64_t common = 0;

  int64_t computed() const { return cache.size(); }
  int64_t size() const { return static_cast<int64_t>(tokens.size()); }
  int64_t prompt() const { return static_cast<int64_t>(request->prompt.size()); }
  /// Tokens that were given, the forced beginning of the answer included.
  int64_t given() const { return prompt() + static_cast<int64_t>(request->forced.size()); }

  /// Begins a request; what the slot held may still be forked from.
  void begin(const Request& request, size_t index, const text::Tokenizer* tokenizer);
  /// How many tokens of the prompt `other` a request can take over from here: those that are equal,
  /// and either computed or sure to be. Never its last, whose logits the request needs.
  int64_t shareable(const std::vector<text::Id>& other) const;
  /// Takes over the first `common` tokens of `donor` once they are computed. Whether it may go on.
  bool ready();
  /// The model says `next`, the answer's next token. Whether the answer is complete.
  bool accept(text::Id next, double log_p, int64_t context);
};

}  // namespace assay::lm
