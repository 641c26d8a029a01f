#include "plugins/common/data/bytes.hpp"
#include "plugins/qqt/evaluation_files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <sstream>

namespace qqt {
namespace {
namespace fs = std::filesystem;
using assay::data::malformed;
using Json = nlohmann::json;

constexpr const char* kWhereEpochs =
    "an epoch in its name, as epoch_4 or epoch_0.5 in the file's or _4x in a folder's";

const char* const kAvg18[] = {"imagenet1k",
                              "cifar10",
                              "vtab/caltech101",
                              "vtab/cifar100",
                              "food101",
                              "imagenet_sketch",
                              "imagenetv2",
                              "imagenet-a",
                              "imagenet-o",
                              "imagenet-r",
                              "objectnet",
                              "vtab/flowers",
                              "vtab/pets",
                              "voc2007",
                              "vtab/resisc45",
                              "cars",
                              "retrieval/flickr_1k_test_image_text_retrieval",
                              "retrieval/mscoco_2014_5k_test_image_text_retrieval"};

std::optional<double> epoch_in(const std::string& name) {
  static const std::regex in_file(R"(epoch_(\d{1,9}(\.\d{1,9})?)(?![A-Za-z0-9]|\.\d))"),
      in_path(R"(_(\d{1,9}(\.\d{1,9})?)x(?![A-Za-z0-9]))");
  std::smatch found;
  const std::string file = fs::path(name).stem().string();
  if (std::regex_search(file, found, in_file) || std::regex_search(name, found, in_path))
    return std::stod(found[1]);
  return std::nullopt;
}

/// Says which files are not read, the first few by name.
void tell_skipped(const std::string& folder, std::vector<std::string> names,
                  const std::function<void(const std::string&)>& warn) {
  constexpr size_t kNamed = 5;
  if (names.empty()) return;
  std::sort(names.begin(), names.end());
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), kNamed); ++i)
    list += (list.empty() ? "" : ", ") + names[i];
  if (names.size() > kNamed) list += " and " + std::to_string(names.size() - kNamed) + " more";
  warn(folder + ": skipped, as no .jsonl file with " + kWhereEpochs + ": " + list);
}

/// One line; Python writes numbers that JSON does not have, which become null.
Json parsed(const std::string& line) {
  Json item = Json::parse(line, nullptr, false);
  if (!item.is_discarded()) return item;
  static const std::regex no_number(R"(([:\[,]\s*)(NaN|-?Infinity)(?=\s*[,\]}]))");
  return Json::parse(std::regex_replace(line, no_number, "$1null"), nullptr, false);
}

/// The main metrics of one file by key, in the order of its lines.
std::map<std::string, std::vector<double>> main_metrics(const std::string& path) {
  const auto bytes = assay::data::read_bytes(path);
  std::istringstream lines{std::string(assay::data::as_text(bytes))};
  std::map<std::string, std::vector<double>> found;
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = "line " + std::to_string(number);
    const Json item = parsed(line);
    if (!item.is_object() || !item.contains("key") || !item["key"].is_string())
      malformed(path, where + " is no JSON object with a \"key\"");
    const Json value = item.value("/metrics/main_metric"_json_pointer, Json());
    const auto key = item["key"].get<std::string>();
    // A set that was not evaluated has no number; that matters only if it is asked for.
    if (value.is_number()) found[key].push_back(value.get<double>());
  }
  return found;
}

}  // namespace

std::vector<Evaluation> list_evaluations(const std::string& folder, const std::string& prefix,
                                         const std::function<void(const std::string&)>& warn) {
  std::vector<Evaluation> found, files;
  if (!fs::is_directory(folder)) {
    found.push_back({folder, fs::path(folder).filename().string()});
  } else {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string name = fs::relative(entry.path(), folder).generic_string();
      if (entry.is_regular_file() && name.starts_with(prefix))
        found.push_back({entry.path().string(), name});
    }
  }
  std::vector<std::string> skipped;
  bool any = false;
  for (Evaluation& f : found) {
    const bool ours = f.name.ends_with(".jsonl") || !fs::is_directory(folder);
    const auto epoch = ours ? epoch_in(f.name) : std::nullopt;
    any = any || ours;
    if (!epoch) {
      skipped.push_back(f.name);
      continue;
    }
    if (!(*epoch > 0)) malformed(f.path, "is of epoch 0; curves begin above 0: move it elsewhere");
    f.epoch = *epoch;
    files.push_back(std::move(f));
  }
  const std::string where = prefix.empty() ? "" : " whose path begins with \"" + prefix + "\"";
  if (!any) malformed(folder, "has no .jsonl files" + where);
  if (files.empty()) malformed(folder, "has no .jsonl files" + where + " with " + kWhereEpochs);
  tell_skipped(folder, std::move(skipped), warn);
  std::sort(files.begin(), files.end(), [](const Evaluation& a, const Evaluation& b) {
    return std::tie(a.epoch, a.name) < std::tie(b.epoch, b.name);
  });
  for (size_t i = 1; i < files.size(); ++i)
    if (files[i - 1].epoch == files[i].epoch)
      malformed(folder, "has two files of one epoch, " + files[i - 1].name + " and " +
                            files[i].name + "; a prefix picks the files of one pool");
  return files;
}

double read_error(const std::string& path, const std::string& metric,
                  const std::function<void(const std::string&)>& warn) {
  const auto found = main_metrics(path);
  const bool mean = metric == "avg18";
  const std::vector<std::string> keys =
      mean ? std::vector<std::string>(std::begin(kAvg18), std::end(kAvg18))
           : std::vector<std::string>{metric};
  double sum = 0;
  for (const auto& key : keys) {
    const auto at = found.find(key);
    if (at == found.end())
      malformed(path, "has no main_metric of \"" + key + "\"" +
                          (mean ? ", which avg18 needs" : "; choose another metric"));
    if (at->second.size() > 1)
      warn(path + ": \"" + key + "\" is on " + std::to_string(at->second.size()) + " lines; the " +
           (mean ? "first" : "last") + " is taken");
    const double value = mean ? at->second.front() : at->second.back();
    if (!(value >= 0 && value <= 1))
      malformed(path, "has a main_metric of \"" + key + "\" outside [0, 1]: " + Json(value).dump());
    sum += value;
  }
  return 1 - sum / static_cast<double>(keys.size());
}

}  // namespace qqt
