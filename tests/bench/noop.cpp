// A method that does nothing but say so: what a run costs beside its work. With NOOP_TORCH it links
// LibTorch, whose loading is then the price of every process that is started afresh.
#include <assay/plugin.hpp>

#ifdef NOOP_TORCH
#include <ATen/Parallel.h>
#endif

struct Noop {
  static constexpr const char* name = "noop";
  static void describe(assay::Schema<Noop>& s) {
    s.summary("Does nothing");
    s.output("x", ASSAY_SCALAR, "1");
  }
  void run(assay::Job& job) const {
#ifdef NOOP_TORCH
    at::set_num_threads(job.threads());
#endif
    job.scalar("x", 1);
  }
};

#ifdef NOOP_TORCH
ASSAY_PLUGIN((assay::About{"noop_torch", "1", "A run of LibTorch that does nothing"}), Noop)
#else
ASSAY_PLUGIN((assay::About{"noop", "1", "A run that does nothing"}), Noop)
#endif
