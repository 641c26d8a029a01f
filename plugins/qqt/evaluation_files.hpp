// Evaluation results of open_clip and DataComp: one JSON object a line,
//   {"key": "imagenet1k", "metrics": {"main_metric": 0.28, ...}, ...}
// and one file for each evaluated checkpoint.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace qqt {

/// One checkpoint's file, and the epoch in its path: the number in `epoch_12` of the file's name,
/// or else in `_12x` of any part of the path below the folder; 0.5 is a number too.
struct Evaluation {
  std::string path, name;  // name: relative to the folder
  double epoch = 0;
};

/// The .jsonl files of a folder and those below whose relative path begins with `prefix`, by epoch;
/// or the one file. Files without an epoch, and with another ending, are named in a warning.
/// std::invalid_argument if none is left, if an epoch is 0, or if two have the same: then their
/// pools or repetitions need a longer prefix.
std::vector<Evaluation> list_evaluations(const std::string& folder, const std::string& prefix,
                                         const std::function<void(const std::string&)>& warn);

/// The error 1 - main_metric of `metric`: a key of the lines, or `avg18`, the unweighted mean of
/// DataComp's 18 evaluation sets. A key on several lines is warned about; a single metric takes the
/// last, avg18 the first of them, as the released code does. Deviation: a key that is missing is
/// std::invalid_argument with the path, where the released code takes 0; so are a line that is no
/// such object, and a metric outside [0, 1].
double read_error(const std::string& path, const std::string& metric,
                  const std::function<void(const std::string&)>& warn);

}  // namespace qqt
