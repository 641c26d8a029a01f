#include "plugins/common/lm/cached_attention.hpp"
#include "plugins/common/lm/culprit.hpp"
#include "plugins/common/lm/distribution.hpp"
#include "plugins/common/lm/engine.hpp"
#include "plugins/common/lm/slot.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace assay::lm {
namespace {

constexpr int64_t kShared = 16;      // tokens in common that are worth a fork
constexpr int64_t kLogitRows = 256;  // whose logits are held at a time

/// What is wrong with a request is said before anything is computed.
void check_request(const Request& r, size_t index, const Config& config, bool tokenizer) {
  const auto complain = [&](const std::string& what) {
    throw std::invalid_argument("request " + std::to_string(index) + ": " + what);
  };
  check(r.sampling);
  if (r.prompt.empty()) complain("the prompt has no tokens; at least one is needed");
  const auto given = static_cast<int64_t>(r.prompt.size() + r.forced.size());
  if (config.context > 0 && given >= config.context)
    complain("its prompt has " + std::to_string(given) + " tokens, which leaves no room in the " +
             "model's context of " + std::to_string(config.context));
  for (const auto* ids : {&r.prompt, &r.forced})
    for (const auto id : *ids)
      if (id < 0 || id >= config.vocabulary)
        complain("token id " + std::to_string(id) + " is outside the model's embedding, which has" +
                 " rows 0 to " + std::to_string(config.vocabulary - 1));
  if (r.max_tokens <= static_cast<int64_t>(r.forced.size()))
    complain("max_tokens is " + std::to_string(r.max_tokens) +
             "; it must be at least 1 more than the " + std::to_string(r.forced.size()) +
             " forced tokens");
  if (!r.stops.empty() && !tokenizer)
    complain("stop strings need a tokenizer, and the model came without one");
  for (const auto& stop : r.stops)
    if (stop.empty()) complain("a stop string is empty");
}

/// Tokens of a slot that the next step computes.
struct Part {
  Slot* slot;
  int64_t first, rows;
};

/// A row whose logits say how `slot` goes on after its first `position` + 1 tokens.
struct Wanted {
  Slot* slot;
  int64_t row, position;
};

}  // namespace

struct Engine::State {
  const LanguageModel& language_model;
  const Model& model;
  EngineOptions options;
  at::Device device;
  std::vector<std::unique_ptr<Slot>> slots;

  const text::Tokenizer* tokenizer() const {
    return language_model.tokenizer ? &*language_model.tokenizer : nullptr;
  }

  void admit(const Request& request, size_t index, Slot& slot);
  std::vector<Part> parts();
  void step(const std::function<void(Slot&)>& done);
  void read(const at::Tensor& hidden, std::span<const Wanted> wanted,
            const std::function<void(Slot&)>& done);
};

/// Puts a request into a slot, behind another one if their prompts begin alike.
void Engine::State::admit(const Request& request, size_t index, Slot& slot) {
  Slot* donor = nullptr;
  int64_t common = kShared - 1;
  for (const auto& other : slots)
    if (const int64_t n = other->shareable(request.prompt); n > common) {
      common = n;
      donor = other.get();
    }
  slot.begin(request, index, tokenizer());
  if (donor == &slot) {
    slot.cache.truncate(common);
    return;
  }
  slot.cache.truncate(0);
  slot.donor = donor;
  slot.common = common;
  slot.ready();  // at once, if it can be: an idle donor takes another request soon
}

/// One row of every sequence that is being continued, and rows of prompts up to the limit.
std::vector<Part> Engine::State::parts() {
  std::vector<Part> parts;
  int64_t room = options.prefill_rows;
  for (const auto& slot : slots) {
    if (!slot->busy || !slot->ready()) continue;
    const int64_t first = slot->computed(), left = slot->size() - first;
    const int64_t rows = left == 1 ? 1 : std::min(left, room);
    if (left > 1) room -= rows;
    if (rows > 0) parts.push_back({slot.get(), first, rows});
  }
  return parts;
}

/// Computes the rows of a step, and lets each slot go on that has reached the end of its tokens.
void Engine::State::step(const std::function<void(Slot&)>& done) {
  std::vector<int64_t> ids, positions, lengths, picked;
  std::vector<KvCache*> caches;
  std::vector<Wanted> wanted;
  for (const auto& [slot, first, rows] : parts()) {
    for (int64_t t = first; t < first + rows; ++t) {
      if (t + 1 >= slot->prompt()) {
        wanted.push_back({slot, static_cast<int64_t>(wanted.size()), t});
        picked.push_back(static_cast<int64_t>(ids.size()));
      }
      ids.push_back(slot->tokens[static_cast<size_t>(t)]);
      positions.push_back(t);
    }
    lengths.push_back(rows);
    caches.push_back(&slot->cache);
  }
  const auto tensor = [&](const std::vector<int64_t>& x) {
    return at::tensor(x, at::kLong).to(device);
  };
  const Rows rows{.ids = tensor(ids), .positions = tensor(positions), .lengths = lengths};
  CachedAttention attention(caches, lengths);
  auto hidden = model.hidden(rows, attention);                                      // (N, C)
  if (picked.size() < ids.size()) hidden = hidden.index_select(0, tensor(picked));  // (M, C)
  const std::span<const Wanted> all = wanted;
  for (size_t i = 0; i < all.size(); i += kLogitRows) {
    const auto some = all.subspan(i, std::min<size_t>(kLogitRows, all.size() - i));
    read(hidden.narrow(0, static_cast<int64_t>(i), static_cast<int64_t>(some.size())), some, done);
  }
}

/// hidden (M, C), of the M wanted rows.
void Engine::State::read(const at::Tensor& hidden, std::span<const Wanted> wanted,
                         const std::function<void(Slot&)>& done) {
  const auto logits = model.logits(hidden).to(at::kCPU, at::kFloat).contiguous();  // (M, V)
  const int64_t V = logits.size(1), M = logits.size(0);
  struct Choice {
    text::Id id;
    double log_p;
    bool finite;
  };
  std::vector<Choice> choices(wanted.size());
  at::parallel_for(0, M, 1, [&](int64_t from, int64_t to) {
    for (int64_t m = from; m < to; ++m) {
      const auto& [slot, row, position] = wanted[static_cast<size_t>(m)];
      const float* l = logits.const_data_ptr<float>() + m * V;
      Distribution distribution;
      distribution.add(l, V);
      auto& choice = choices[static_cast<size_t>(m)];
      choice.finite = distribution.finite();
      if (!choice.finite) continue;
      const auto& sampling = slot->request->sampling;
      if (position + 1 < slot->size())
        choice.id = slot->tokens[static_cast<size_t>(position) + 1];  // it is forced
      else if (sampling.temperature == 0 && sampling.repetition_penalty == 1)
        choice.id = static_cast<text::Id>(distribution.argmax());
      else
        choice.id = choose({l, static_cast<size_t>(V)}, sampling, slot->tokens,
                           static_cast<uint64_t>(position + 1 - slot->prompt()));
      choice.log_p = distribution.log_p(static_cast<double>(l[choice.id]));
    }
  });
  for (size_t m = 0; m < wanted.size(); ++m) {
    auto& slot = *wanted[m].slot;
    const auto& [id, log_p, finite] = choices[m];
    if (!finite)
      throw Error(
          ASSAY_INVALID_ARGUMENT,
          not_finite(model, "the logits of request " + std::to_string(slot.index) + " after " +
                                std::to_string(wanted[m].position + 1) + " tokens"));
    if (wanted[m].position + 1 < slot.size())
      slot.answer.log_probs.push_back(log_p);
    else if (slot.accept(id, log_p, model.config().context))
      done(slot);
  }
}

Engine::Engine(const LanguageModel& model, EngineOptions options)
    : state_(std::make_unique<State>(State{
          .language_model = model,
          .model = *model.model,
          .options = options,
          .device = model.model->embedding().device(),
      })) {
  need_causal(model.model->config(), "generation");
  if (options.batch < 1) throw std::invalid_argument("an engine's batch is at least 1");
  if (options.prefill_rows < 1)
    throw std::invalid_argument("an engine's rows of prompts in a step are at least 1");
}

Engine::~Engine() = default;

std::vector<Answer> Engine::generate(std::span<const Request> requests,
                                     const std::function<bool(int64_t)>& go_on) {
  const at::NoGradGuard no_grad;
  auto& state = *state_;
  for (size_t i = 0; i < requests.size(); ++i)
    check_request(requests[i], i, state.model.config(), state.tokenizer() != nullptr);

  // The longest first, so that those which run together end together.
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const auto length = [&](const Request& r) {
      return static_cast<int64_t>(r.prompt.size()) + r.max_tokens;
    };
    return length(requests[a]) > length(requests[b]);
  });

  std::vector<Answer> answers(requests.size(), Answer{.finish = Answer::Finish::cancelled});
  int64_t done = 0;
  const auto finish = [&](Slot& slot) {
    if (slot.answer.finish != Answer::Finish::stop) slot.text->finish();
    slot.answer.text = slot.text->text();
    answers[slot.index] = std::move(slot.answer);
    slot.busy = false;
    ++done;
  };
  state.slots.clear();  // the model may have changed since
  while (static_cast<int64_t>(state.slots.size()) <
         std::min<int64_t>(state.options.batch, static_cast<int64_t>(order.size())))
    state.slots.push_back(std::make_unique<Slot>(state.model.config(), state.device));

  size_t next = 0;
  while (done < static_cast<int64_t>(requests.size())) {
    for (const auto& slot : state.slots) slot->ready();
    for (const auto& slot : state.slots)
      if (!slot->busy && next < order.size()) {
        state.admit(requests[order[next]], order[next], *slot);
        ++next;
      }
    if (go_on && !go_on(done)) {
      for (const auto& slot : state.slots)
        if (slot->busy) {
          slot->answer.finish = Answer::Finish::cancelled;
          finish(*slot);
        }
      break;
    }
    state.step(finish);
  }
  state.slots.clear();
  return answers;
}

}  // namespace assay::lm
