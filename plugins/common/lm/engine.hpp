// Text generation for many requests at once: continuous batching over a KV cache, where a
// sequence's result does not depend on what else is in its batch.
#pragma once
#include "plugins/common/lm/language_model.hpp"
#include "plugins/common/lm/sampling.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace assay::lm {

struct Request {
  std::vector<text::Id> prompt;
  std::vector<text::Id> forced;  // the beginning of the answer
  int64_t max_tokens = 128;      // of the answer, forced ones included
  Sampling sampling;
  std::vector<text::Id> ends;      // end tokens
  std::vector<std::string> stops;  // strings that end the answer, which is cut before them
};

struct Answer {
  std::vector<text::Id> ids;      // without the end token
  std::vector<double> log_probs;  // of each, under the model's own distribution
  std::string text;
  enum class Finish { end, stop, length, cancelled } finish = Finish::length;
};

struct EngineOptions {
  int64_t batch = 32;          // sequences in flight
  int64_t prefill_rows = 512;  // rows of prompts in a step, at most
};

class Engine {
 public:
  /// The model outlives the engine. BERT and RoBERTa are std::invalid_argument: see need_causal().
  Engine(const LanguageModel& model, EngineOptions options = {});
  ~Engine();

  /// Answers in the order of the requests. `go_on` is asked once a step; false cancels what is in
  /// flight. A prompt that leaves no room in the context is std::invalid_argument; logits that are
  /// not finite are assay::Error(ASSAY_INVALID_ARGUMENT) with the parameter that is to blame.
  std::vector<Answer> generate(std::span<const Request> requests,
                               const std::function<bool(int64_t done)>& go_on = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::lm
