#include "plugins/lm/inputs.hpp"

#include <stdexcept>

namespace lm {

assay::lm::LanguageModel read_model(const assay::Job& job, const Precise& precise) {
  auto model = assay::lm::open_model(job, "model", precise.wanted());
  if (!model.tokenizer)
    throw std::invalid_argument(model.where +
                                ": has no tokenizer; put tokenizer.json into the folder");
  return model;
}

std::vector<assay::data::Document> read_texts(const assay::Job& job, const std::string& input,
                                              const Texts& texts) {
  using assay::data::Split;
  assay::data::DocumentOptions options;
  options.text = texts.text_field;
  options.id = texts.id_field;
  options.group = texts.group_field;
  options.suffixes = texts.suffixes;
  options.split = texts.split == "file"         ? Split::file
                  : texts.split == "blank_line" ? Split::blank_line
                  : texts.split == "line"       ? Split::line
                                                : Split::percent;
  std::vector<assay::data::Document> out;
  assay::data::for_each_document(job.path(input), options, [&](assay::data::Document& d) {
    if (d.group.empty()) d.group = "all";
    out.push_back(std::move(d));
    return texts.documents == 0 || static_cast<int64_t>(out.size()) < texts.documents;
  });
  return out;
}

}  // namespace lm
