#include "plugins/common/lm/slot.hpp"

#include <algorithm>

namespace assay::lm {

void Slot::begin(const Request& r, size_t index_, const text::Tokenizer* tokenizer) {
  busy = true;
  request = &r;
  index = index_;
  tokens = r.prompt;
  tokens.insert(tokens.end(), r.forced.begin(), r.forced.end());
  answer = {.ids = r.forced};
  text.emplace(tokenizer, r.stops);
  for (const auto id : r.forced) text->push_forced(id);
  donor = nullptr;
  common = 0;
}

int64_t Slot::shareable(const std::vector<text::Id>& other) const {
  const int64_t sure = busy ? std::max(given(), computed()) : computed();
  const auto end = tokens.begin() + std::min(sure, size());
  const auto [mine, theirs] = std::mismatch(tokens.begin(), end, other.begin(), other.end());
  return std::min<int64_t>(mine - tokens.begin(), static_cast<int64_t>(other.size()) - 1);
}

bool Slot::ready() {
  if (!donor) return true;
  if (donor->computed() < common) return false;
  cache = donor->cache;
  cache.truncate(common);
  donor = nullptr;
  return true;
}

bool Slot::accept(text::Id next, double log_p, int64_t context) {
  const auto& ends = request->ends;
  if (std::find(ends.begin(), ends.end(), next) != ends.end()) {
    answer.finish = Answer::Finish::end;
    return true;
  }
  tokens.push_back(next);
  answer.ids.push_back(next);
  answer.log_probs.push_back(log_p);
  if (text->push(next)) {
    answer.finish = Answer::Finish::stop;
    answer.ids.resize(std::min(answer.ids.size(), text->kept()));
    answer.log_probs.resize(answer.ids.size());
    return true;
  }
  answer.finish = Answer::Finish::length;
  return static_cast<int64_t>(answer.ids.size()) >= request->max_tokens ||
         (context > 0 && size() >= context);
}

}  // namespace assay::lm
