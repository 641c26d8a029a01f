// Measured curves: the error of a model against the samples it has seen. What `import` and
// `measure` write, and what `fit` and `validate` read.
#pragma once
#include <assay/plugin.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace qqt {

/// One measurement.
struct Point {
  double n = 0;                                          // samples seen, repeats count; > 0
  double error = 0;                                      // 1 - accuracy, in [0, 1]
  double sd = std::numeric_limits<double>::quiet_NaN();  // of the error; NaN: unknown
  int64_t seed = -1;                                     // of the training run; -1: none
};

/// The measurements of one pool, of a control, or of a union of pools trained on together.
struct Curve {
  std::string pool;           // its name
  std::string role = "pool";  // pool; control: fitted, but in no union; union
  std::string quality_id;     // curves of one quality share their exponent b; "": the pool's own
  std::vector<int64_t>
      members;                // ranks (0: best quality): of a pool its own, of a union its pools'
  double N = 0;               // distinct samples; > 0
  std::vector<Point> points;  // ascending n, then seed
  const std::string& quality() const { return quality_id.empty() ? pool : quality_id; }
};

/// Sorts the points, and throws std::invalid_argument with one sentence, which begins with `where`
/// if that is not empty, about what no curve may be: without name, points or samples, with an error
/// outside [0, 1], with one (n, seed) measured twice, a union of fewer than two pools.
void check_curve(Curve& curve, const std::string& where = "");

/// n of its points. (points,)
std::vector<double> samples_of(const Curve& curve);

/// Whether some point has seen samples again: without, no half-life shows in the curve.
bool repeats(const Curve& curve);

/// A number as messages show it.
std::string shown(double x);

/// "0+1" for {0, 1}, and back; std::invalid_argument for a text that is neither that nor "".
std::string members_text(const std::vector<int64_t>& members);
std::vector<int64_t> parse_members(const std::string& text);

/// Declares the table `curves`, one row a point.
template <class Method>
void declare_curves(assay::Schema<Method>& s) {
  s.output("curves", ASSAY_TABLE, "measured curves, a row a point")
      .format("qqt_curves")
      .column("pool", ASSAY_STRING, "name of the pool or union")
      .column("role", ASSAY_STRING, "pool, control or union")
      .column("quality_id", ASSAY_STRING, "curves with the same share their exponent b")
      .column("members", ASSAY_STRING, "ranks of the pools in it, as 0+1")
      .column("pool_size", ASSAY_REAL, "distinct samples", "samples")
      .column("n", ASSAY_REAL, "samples seen", "samples")
      .column("error", ASSAY_REAL, "measured, in [0, 1]")
      .column("sd", ASSAY_REAL, "of the error; NaN: unknown")
      .column("seed", ASSAY_INT, "of the training run; -1: none");
}

/// Checks the curves and writes them to the table `curves`.
void write_curves(const assay::Job& job, std::vector<Curve> curves);

/// The curves of all sources of an input: tables `curves`, or runs that have one. Points of one
/// pool from several sources become one curve; std::invalid_argument if these sources disagree on
/// its size, role, quality or members, if two pools have one rank, or if check_curve does. Pools
/// come first, by rank (those without one last), then controls, then unions by their members; ties
/// by name.
std::vector<Curve> read_curves(const assay::Job& job, const std::string& input);

}  // namespace qqt
