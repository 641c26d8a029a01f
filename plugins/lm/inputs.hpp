// What the methods share: the model and the texts that they read.
#pragma once
#include "plugins/common/data/documents.hpp"
#include "plugins/common/lm/language_model.hpp"

#include <assay/plugin.hpp>

#include <string>
#include <vector>

namespace lm {

/// Parameters of methods that run a model.
struct Precise {
  std::string precision = "exact";

  template <class M>
  static void describe(assay::Schema<M>& s) {
    s.param("precision", &Precise::precision,
            "exact: single precision; fast: weights packed or quantised, answers differ slightly")
        .choices({"exact", "fast"});
  }
  assay::lm::Precision wanted() const {
    return precision == "fast" ? assay::lm::Precision::fast : assay::lm::Precision::exact;
  }
};

/// The input `model`, declared by every method that has one.
template <class M>
void declare_model(assay::Schema<M>& s, uint32_t flags = 0) {
  s.input("model", ASSAY_DIR,
          "a folder as transformers writes it, a GGUF file, or what another run trained", flags)
      .format("language_model");
}
/// It, with a tokenizer. std::invalid_argument if it has none.
assay::lm::LanguageModel read_model(const assay::Job& job, const Precise& precise);

/// Parameters of methods that read texts.
struct Texts {
  std::string text_field = "text", id_field = "id", group_field;
  std::string split = "auto";

  template <class M>
  static void describe(assay::Schema<M>& s) {
    using T = Texts;
    s.param("text_field", &T::text_field,
            "of JSON and CSV: where a document's text is; a.b is b inside a");
    s.param("id_field", &T::id_field, "of JSON and CSV: where its id is, if it has one");
    s.param("group_field", &T::group_field,
            "of JSON and CSV: what results are grouped by; empty: by file");
    s.param("split", &T::split,
            "of plain text: what a document is; auto: a file, or a line's block where files are "
            "many documents")
        .choices({"auto", "file", "block", "line"});
  }
};

}  // namespace lm
