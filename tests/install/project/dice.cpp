// A plugin as docs/plugin.md teaches it; it also has inline statics and templates, which must not
// leak out of the library.
#include <assay/plugin.hpp>

#include <map>

namespace {
struct Throw {
  static constexpr const char* name = "throw_dice";
  int64_t dice = 2;

  static void describe(assay::Schema<Throw>& s) {
    s.summary("Throws dice and counts the sums");
    s.param("dice", &Throw::dice, "how many are thrown together").min(1);
    s.output("mean", ASSAY_SCALAR, "mean of the sums");
  }
  void run(assay::Job& job) const {
    auto draws = job.stream("dice");
    std::map<int64_t, int64_t> sums;
    for (int i = 0; i < 1000; ++i) {
      int64_t sum = 0;
      for (int64_t d = 0; d < dice; ++d) sum += 1 + static_cast<int64_t>(draws.below(6));
      ++sums[sum];
    }
    double mean = 0;
    for (const auto& [sum, times] : sums) mean += static_cast<double>(sum * times) / 1000;
    job.scalar("mean", mean);
  }
};
}  // namespace

struct Counter {
  static Counter& instance() {
    static Counter only;
    return only;
  }
  inline static int times = 0;
};

ASSAY_PLUGIN((assay::About{"dice", "1.0.0", "Throws dice"}), Throw)
