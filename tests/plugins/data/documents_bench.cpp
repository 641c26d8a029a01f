// How fast documents, or word vectors (*.vectors.json), are read from a file that the race has
// made: all of them, and the bytes alone.
// Usage: bench_documents FILE
#include "plugins/common/data/byte_source.hpp"
#include "plugins/common/data/documents.hpp"
#include "plugins/common/data/embeddings.hpp"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
using namespace assay::data;

namespace {
double seconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The largest resident set of this program, not of what started it, as ru_maxrss has it.
double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes / 1024;
    }
  return 0;
}

struct Read {
  size_t documents = 0, letters = 0;
};

Read read_all(const std::string& path) {
  Read read;
  if (path.ends_with(".vectors.json")) {
    const Embeddings vectors = read_embeddings(path);
    return {vectors.words.size(), vectors.values.size()};
  }
  DocumentOptions options;
  options.id = "id";
  options.group = path.ends_with(".csv") ? "set" : "meta.set";
  for_each_document(path, options, [&](Document& document) {
    ++read.documents;
    read.letters += document.text.size();
    return true;
  });
  return read;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  size_t bytes = 0;
  const double raw = seconds([&] {
    const auto source = open_bytes(argv[1]);
    Bytes room(1 << 17);
    for (size_t n; (n = source->read(room)) > 0;) bytes += n;
  });
  Read read;
  const double reading = seconds([&] { read = read_all(argv[1]); });
  std::printf(
      "{\"seconds\": %.6g, \"raw_s\": %.6g, \"bytes\": %zu, \"documents\": %zu, \"letters\": %zu, "
      "\"peak_mb\": %.1f}\n",
      reading, raw, bytes, read.documents, read.letters, peak_megabytes());
}
