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
  std::string text_field = "text", id_field, group_field, split = "file";
  std::vector<std::string> suffixes;
  int64_t documents = 0;

  template <class M>
  static void describe(assay::Schema<M>& s) {
    using T = Texts;
    s.param("text_field", &T::text_field,
            "of JSON and tables: where a document's text is; a.b is b inside a");
    s.param("id_field", &T::id_field, "of JSON and tables: a document's id; empty: file and line");
    s.param("group_field", &T::group_field, "of JSON and tables: what results are grouped by");
    s.param("split", &T::split,
            "what a document of plain text is: a file, a block between blank lines, a line, or "
            "what stands between lines of a percent sign")
        .choices({"file", "blank_line", "line", "percent"});
    s.param("suffixes", &T::suffixes, "of a folder: which files are read; empty: all known ones");
    s.param("documents", &T::documents, "how many are read, from the first; 0: all").min(0);
  }
};

/// The documents of an input; one without a group is in the group "all".
std::vector<assay::data::Document> read_texts(const assay::Job& job, const std::string& input,
                                              const Texts& texts);

}  // namespace lm
