// How fast documents are read from a file that the race has made: all of them, and the bytes alone.
// Usage: bench_documents FILE
#include "plugins/common/data/byte_source.hpp"
#include "plugins/common/data/documents.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <sys/resource.h>

using namespace assay::data;

namespace {
double seconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  size_t documents = 0, letters = 0, bytes = 0;
  const double raw = seconds([&] {
    const auto source = open_bytes(argv[1]);
    Bytes room(1 << 17);
    for (size_t n; (n = source->read(room)) > 0;) bytes += n;
  });
  const double reading = seconds([&] {
    DocumentOptions options;
    options.id = "id";
    options.group =
        argv[1][std::char_traits<char>::length(argv[1]) - 1] == 'v' ? "set" : "meta.set";
    for_each_document(argv[1], options, [&](Document& document) {
      ++documents;
      letters += document.text.size();
      return true;
    });
  });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"seconds\": %.6g, \"raw_s\": %.6g, \"bytes\": %zu, \"documents\": %zu, \"letters\": %zu, "
      "\"peak_mb\": %.1f}\n",
      reading, raw, bytes, documents, letters, static_cast<double>(usage.ru_maxrss) / 1024);
}
