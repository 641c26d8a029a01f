// Correct as it stands; each macro adds one mistake that the compiler has to name.
#include <assay/plugin.hpp>

struct Method {
  static constexpr const char* name = "method";
  int64_t steps = 1;
  int small = 1;
  float inexact = 1;
  const char* word = "x";
  std::vector<int> sizes;

  static void describe(assay::Schema<Method>& s) {
    s.param("steps", &Method::steps, "how many");
#ifdef INT_FIELD
    s.param("small", &Method::small, "an int");
#endif
#ifdef FLOAT_FIELD
    s.param("inexact", &Method::inexact, "a float");
#endif
#ifdef CHAR_FIELD
    s.param("word", &Method::word, "a pointer");
#endif
#ifdef INT_LIST
    s.param("sizes", &Method::sizes, "a list of int");
#endif
  }
  void run(assay::Job& job) const {
#ifdef VECTOR_OF_BOOL
    job.rows("table", {{"flags", std::vector<bool>{true}}});
#endif
    job.scalar("x", 1);
  }
};

#ifdef THROWING_RUN
static assay_status run(const assay_job*) { throw 1; }
const assay_method broken = [] {
  assay_method m{};
  m.run = run;
  return m;
}();
#endif

ASSAY_PLUGIN((assay::About{"plugin", "1", "compiles"}), Method)
