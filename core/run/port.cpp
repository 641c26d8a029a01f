#include "core/run/context.hpp"
#include "core/run/port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace assay {
namespace {

[[noreturn]] void not_found(const std::string& what) { throw Refusal(ASSAY_NOT_FOUND, what); }

int64_t parse_step(const std::string& text) {
  int64_t step = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
  if (error != std::errc() || end != text.data() + text.size())
    not_found("\"" + text + "\" is no step");
  return step;
}

/// The step among `steps` at which a series is best; "metrics/loss,min".
int64_t best_step(const Archive& archive, const std::vector<int64_t>& steps,
                  const std::string& rule) {
  const size_t comma = rule.rfind(',');
  const std::string metric = rule.substr(0, comma);
  const bool least = comma != std::string::npos && rule.substr(comma + 1) == "min";
  const std::string name = metric.starts_with("metrics/") ? metric.substr(8) : metric;
  std::optional<double> best;
  int64_t at = -1;
  for (const int64_t step : steps) {
    const auto value = archive.metric(name, fmt::format("step={}", step));
    if (!value || std::isnan(*value)) continue;
    if (!best || (least ? *value < *best : *value > *best)) best = value, at = step;
  }
  if (!best) not_found(fmt::format("no checkpoint lies at a step of metrics/{}", name));
  return at;
}

int64_t choose_step(const Archive& archive, const std::string& name, const std::string& selector) {
  const auto steps = archive.checkpoint_steps(name);
  if (steps.empty()) not_found(fmt::format("the run has no checkpoint \"{}\"", name));
  if (selector.empty() || selector == "last") return *std::max_element(steps.begin(), steps.end());
  if (selector.starts_with("step=")) {
    const int64_t step = parse_step(selector.substr(5));
    if (std::find(steps.begin(), steps.end(), step) != steps.end()) return step;
    not_found(fmt::format("the run has no checkpoint \"{}\" at step {}; it has: {}", name, step,
                          fmt::join(steps, ", ")));
  }
  if (selector.starts_with("best(") && selector.ends_with(")"))
    return best_step(archive, steps, selector.substr(5, selector.size() - 6));
  not_found("\"@" + selector + "\" selects nothing");
}

/// Items below `prefix`, keyed by what follows it.
std::vector<PortItem> below(const Archive& archive, const std::string& prefix,
                            const std::string& key_prefix = "") {
  std::vector<PortItem> out;
  for (const auto& i : archive.items())
    if (i.path.starts_with(prefix))
      out.push_back({key_prefix + i.path.substr(prefix.size()), i.path, i.dtype, i.shape});
  return out;
}

/// A dataset, or a series {step, value}, under the keys `value_key` and `step_key`.
void add_values(const Archive& archive, const std::string& path, const std::string& value_key,
                const std::string& step_key, std::vector<PortItem>& out) {
  for (const auto& i : archive.items()) {
    if (i.path == path || i.path == path + "/value")
      out.push_back({value_key, i.path, i.dtype, i.shape});
    else if (i.path == path + "/step")
      out.push_back({step_key, i.path, i.dtype, i.shape});
  }
}

/// Everything of a run: metrics/M, metrics/M/step, tables/T/C, arrays/A, text/X, checkpoints/N/KEY.
std::vector<PortItem> whole_run(const Archive& archive) {
  std::vector<PortItem> out;
  std::map<std::string, int64_t> latest;
  for (const auto& name : archive.children("checkpoints")) {
    const auto steps = archive.checkpoint_steps(name);
    if (!steps.empty()) latest[name] = *std::max_element(steps.begin(), steps.end());
  }
  for (const auto& i : archive.items()) {
    const std::string& p = i.path;
    std::string key = p;
    const bool series =
        p.starts_with("metrics/") || p.starts_with("arrays/") || p.starts_with("text/");
    if (series && p.ends_with("/value")) key = p.substr(0, p.size() - 6);
    if (series && p.ends_with("/time")) continue;
    if (!series && !p.starts_with("tables/")) continue;
    if (p.starts_with("tables/") && p.ends_with("/row")) continue;
    out.push_back({key, p, i.dtype, i.shape});
  }
  for (const auto& [name, step] : latest)
    for (auto& i :
         below(archive, fmt::format("checkpoints/{}/{}/", name, step), "checkpoints/" + name + "/"))
      out.push_back(std::move(i));
  return out;
}

}  // namespace

PortView view_port(const Archive& archive, const std::string& port, assay_kind kind) {
  const size_t at = port.find('@');
  const std::string name = port.substr(0, at);
  const std::string selector = at == std::string::npos ? "" : port.substr(at + 1);
  PortView view;
  if (name == "results" || kind == ASSAY_RUN) {
    view.items = whole_run(archive);
  } else if (kind == ASSAY_CHECKPOINT) {
    view.step = choose_step(archive, name, selector);
    view.items = below(archive, fmt::format("checkpoints/{}/{}/", name, *view.step));
  } else if (kind == ASSAY_TABLE) {
    view.items = below(archive, "tables/" + name + "/");
    std::erase_if(view.items, [](const PortItem& i) { return i.key == "row"; });
  } else if (kind == ASSAY_ARRAY) {
    add_values(archive, "arrays/" + name, "value", "step", view.items);
  } else if (kind == ASSAY_SERIES || kind == ASSAY_SCALAR) {
    add_values(archive, "metrics/" + name, "value", "step", view.items);
  } else if (kind == ASSAY_TEXT) {
    add_values(archive, "text/" + name, "value", "step", view.items);
  }
  return view;
}

}  // namespace assay
