// An index of dictd and, after the first zero byte, its dictionary.
#include "plugins/common/data/dictd.hpp"
#include "tests/fuzz/text_fuzz.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace assay::data;
  return fuzz::check_text([&] {
    const auto all = as_text({data, size});
    const size_t zero = std::min(all.find('\0'), size);
    const View dictionary = View(data, size).subspan(std::min(zero + 1, size));
    size_t sum = 0;
    for_each_entry(all.substr(0, zero), "f", dictionary, [&](const DictionaryEntry& entry) {
      for (const char c : entry.text) sum += static_cast<uint8_t>(c);
      return sum < 1 << 30;
    });
  });
}
