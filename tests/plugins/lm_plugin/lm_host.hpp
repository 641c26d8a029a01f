// The plugin in a host in memory, a text to learn, and a tiny GPT that learned it.
#pragma once
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/weights/sample_files.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace lm_test {

inline const fake::Host& host() {
  static const fake::Host h(ASSAY_LM);
  return h;
}

/// A file in a folder that goes away with it.
class File {
 public:
  File(const std::string& name, const std::string& text) : path_((folder_.path / name).string()) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  const std::string& path() const { return path_; }

 private:
  sample::Folder folder_;
  std::string path_;
};

/// `count` documents of one sentence each as JSON lines, in groups "even" and "odd".
inline std::string sentences(int count, int from = 0) {
  const char* const animals[] = {"cat", "dog", "cow", "hen", "fox"};
  const char* const places[] = {"mat", "hill", "roof"};
  std::string out;
  for (int i = from; i < from + count; ++i)
    out += std::string(R"({"text": "The )") + animals[i % 5] + " sat on the " + places[i % 3] +
           ", and then the " + animals[(i / 2) % 5] + R"( ran to it.", "kind": ")" +
           (i % 2 ? "odd" : "even") + "\"}\n";
  return out;
}
inline const std::string& text() {
  static const File file("text.jsonl", sentences(40));
  return file.path();
}
inline const std::string& held_out() {
  static const File file("held_out.jsonl", sentences(6, 41));
  return file.path();
}

inline fake::Params with(fake::Params params, const fake::Params& more) {
  for (const auto& [name, value] : more) params[name] = value;
  return params;
}

inline fake::Params tiny(const fake::Params& more = {}) {
  return with({{"vocabulary", int64_t{280}},
               {"width", int64_t{16}},
               {"layers", int64_t{1}},
               {"heads", int64_t{2}},
               {"context", int64_t{32}},
               {"steps", int64_t{12}},
               {"batch", int64_t{4}},
               {"warmup", int64_t{2}},
               {"lr", 0.01},
               {"eval_every", int64_t{5}},
               {"log_every", int64_t{3}}},
              more);
}

inline fake::Run train(const fake::Params& params, fake::Inputs more = {},
                       const fake::Options& options = {}) {
  more.try_emplace("text", std::vector<fake::Source>{text()});
  return host().run("train", params, more, options);
}

/// A model that has learned something, with its tokenizer.
inline const fake::Run& base() {
  static const auto run = train(tiny({{"steps", int64_t{80}}}), {{"held_out", {held_out()}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  return run;
}
inline fake::Source base_model() { return {base(), "model"}; }

/// It as a folder on disk.
inline void write_files(const fake::Run& exported, const std::filesystem::path& folder) {
  for (const auto& [name, bytes] : exported.out.files)
    std::ofstream(folder / std::filesystem::path(name).filename(), std::ios::binary) << bytes;
}
inline fake::Run exported(const fake::Source& model) {
  const sample::Folder scratch;
  return host().run("export", {}, {{"model", {model}}}, {.scratch = scratch.path.string()});
}
inline const std::string& base_folder() {
  static const sample::Folder folder;
  static const std::string path = [] {
    const auto run = exported(base_model());
    REQUIRE_MESSAGE(run.ok(), run.message);
    write_files(run, folder.path);
    return folder.path.string();
  }();
  return path;
}

/// The sentence of a run that failed; "" if it did not.
inline std::string complaint(const fake::Run& run) { return run.ok() ? "" : run.message; }
inline bool says(const fake::Run& run, const std::string& words) {
  return complaint(run).find(words) != std::string::npos;
}

}  // namespace lm_test
