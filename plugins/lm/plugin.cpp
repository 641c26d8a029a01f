// Language models as users have them, folders and GGUF files, and as plugins train them: train,
// generate, score, export. No paper of its own: what the papers about language models start from.
#include <assay/plugin.hpp>

namespace lm {
struct Train;     // from scratch, or on from a model's weights
struct Generate;  // answers to prompts
struct Score;     // log-probabilities of texts: perplexity, bits per byte
struct Export;    // a folder that transformers loads
}  // namespace lm

ASSAY_PLUGIN_OF((assay::About{"lm", "0.1.0", "Train, run, score and export language models", ""}),
                lm::Train, lm::Generate, lm::Score, lm::Export)
