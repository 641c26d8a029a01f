// Where the inputs of a stage come from, and whether they fit its method.
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/stage.hpp"
#include "core/plan/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace assay {
namespace {

const char* kForms = "an input is STAGE:PORT, file:PATH, dir:PATH, dataset:NAME or model:NAME";

std::vector<std::string> port_names(const std::vector<PortSchema>& ports) {
  std::vector<std::string> out;
  for (const auto& p : ports) out.push_back(p.name);
  return out;
}

/// Splits "stage:port" or "scheme:path".
void read_source(InputSpec& input, Findings& findings) {
  const size_t colon = input.text.find(':');
  const std::string head = input.text.substr(0, colon);
  if (colon == std::string::npos || head.empty() || colon + 1 == input.text.size())
    return findings.error("E143", "\"" + input.text + "\" is no source", input.place, kForms);
  const std::string rest = input.text.substr(colon + 1);
  if (head == "run")
    return findings.error("E143", "an input cannot name a run by its id", input.place, kForms);
  if (head == "file" || head == "dir" || head == "dataset" || head == "model") {
    input.scheme = head;
    input.path = rest;
  } else {
    input.stage = head;
    input.from = rest;
  }
}

void read_gather(const Fields& f, InputSpec& input, Findings& findings) {
  if (!f.require("from")) return;
  input.text = f.text("from");
  input.place = f.place("from");
  input.gathered = true;
  read_source(input, findings);
  if (!input.scheme.empty())
    findings.error("E143", "\"from\" must be STAGE:PORT, got \"" + input.text + "\"", input.place);
  input.over = f.has("over") ? f.texts("over") : std::vector<std::string>{"seed"};
  input.over_place = f.place("over");
  input.over_all = input.over.size() == 1 && input.over[0] == "*";
  input.skip_missing = f.choice("missing", {"error", "skip"}, "error") == "skip";
}

/// The declared port of an input name; an error when there is none or it is given twice.
const PortSchema* declared(const Stage& stage, const std::string& name, const Place& place,
                           Findings& findings) {
  for (const auto& other : stage.inputs)
    if (other.name == name) {
      findings.error("E143", "input \"" + name + "\" is given in both inputs and gather", place);
      return nullptr;
    }
  if (const PortSchema* port = stage.method->input(name)) return port;
  const auto known = port_names(stage.method->inputs);
  findings.error("E143",
                 fmt::format("method \"{}\" has no input \"{}\"; {}", stage.method_name(), name,
                             known.empty() ? "it takes none" : "inputs: " + join(known, ", ")),
                 place, did_you_mean(name, known));
  return nullptr;
}

class EdgeCheck {
 public:
  EdgeCheck(const Stages& stages, Stage& stage, Findings& findings)
      : stages_(stages), stage_(stage), findings_(findings) {}

  void check(InputSpec& input) {
    if (!input.port || (input.stage.empty() && input.scheme.empty())) return;
    if (!input.scheme.empty()) return outside(input);
    if (!known_stage(input.stage, input.place)) return;
    const Stage& upstream = *find_stage(stages_, input.stage);
    if (!upstream.method) return;
    const size_t at = input.from.find('@');
    const std::string port = input.from.substr(0, at);
    if (port == "results") return whole_run(input, at != std::string::npos);
    const PortSchema* output = upstream.method->output(port);
    if (!output) return no_output(input, upstream, port);
    if (at != std::string::npos && !selector(input, upstream, *output, port, at)) return;
    if (input.port->kind == ASSAY_RUN) {
      if (same_format(input, *output)) input.from = "results";
      return;
    }
    fits(input, *output, port);
  }

  bool known_stage(const std::string& name, const Place& place) {
    const Stage* s = find_stage(stages_, name);
    if (s && s->enabled) return true;
    if (s)
      findings_.error(
          "E140", fmt::format("stage \"{}\" needs \"{}\", which is not enabled", stage_.name, name),
          place);
    else
      findings_.error("E140", "no stage \"" + name + "\"", place,
                      did_you_mean(name, names_of(stages_)));
    return false;
  }

 private:
  void refuse(const InputSpec& input, const std::string& what, const std::string& help = "") {
    findings_.error("E145", what, input.place, help);
  }
  std::string target(const InputSpec& input) const {
    return fmt::format("input \"{}\" of \"{}\"", input.name, stage_.method_name());
  }

  void outside(const InputSpec& input) {
    const assay_kind kind = input.port->kind;
    const bool fits = kind == ASSAY_DIR || (kind == ASSAY_FILE && input.scheme == "file");
    if (!fits)
      refuse(input,
             fmt::format("{} is a {}; \"{}:\" does not feed it", target(input), kind_name(kind),
                         input.scheme),
             kind == ASSAY_FILE ? "write file:PATH" : "it takes STAGE:PORT");
  }

  void whole_run(const InputSpec& input, bool has_selector) {
    if (has_selector)
      refuse(input, "\"results\" is the whole run; it takes no selector");
    else if (input.port->kind != ASSAY_RUN)
      refuse(input, fmt::format("{} is a {}; \"{}\" is a whole run", target(input),
                                kind_name(input.port->kind), input.text));
  }

  void no_output(const InputSpec& input, const Stage& upstream, const std::string& port) {
    auto known = port_names(upstream.method->outputs);
    known.push_back("results");
    const size_t slash = port.find('/');
    std::string help = did_you_mean(port, known);
    if (help.empty() && slash != std::string::npos &&
        upstream.method->output(port.substr(slash + 1)))
      help = did_you_mean(port.substr(slash + 1), {port.substr(slash + 1)});
    findings_.error("E140",
                    fmt::format("\"{}\" has no output \"{}\"; outputs: {}", input.stage, port,
                                join(known, ", ")),
                    inside(input.place, input.text, input.stage.size() + 1, port.size()), help);
  }

  /// @step=N or @best(metrics/NAME,max|min), normalised in `input.from`; @last is the default.
  bool selector(InputSpec& input, const Stage& upstream, const PortSchema& output,
                const std::string& port, size_t at) {
    std::string text;
    for (const char c : input.from.substr(at + 1))
      if (c != ' ') text += c;
    if (output.kind != ASSAY_CHECKPOINT) {
      refuse(input, fmt::format("\"{}\" is a {}; only a checkpoint takes a selector", port,
                                kind_name(output.kind)));
      return false;
    }
    if (text == "last") return input.from = port, true;
    bool good = false;
    if (text.starts_with("step=")) {
      int64_t step = 0;
      const char* end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + 5, end, step);
      good = error == std::errc() && stop == end && step >= 0;
      text = "step=" + std::to_string(step);
    } else if (text.starts_with("best(") && text.ends_with(")")) {
      const std::string inner = text.substr(5, text.size() - 6);
      const size_t comma = inner.find(',');
      const std::string way = comma == std::string::npos ? "" : inner.substr(comma + 1);
      good = (way == "max" || way == "min") && inner.starts_with("metrics/");
      if (good) {
        const std::string metric = inner.substr(8, comma - 8);
        const PortSchema* series = upstream.method->output(metric);
        if (!series || series->kind != ASSAY_SERIES) {
          std::vector<std::string> known;
          for (const auto& o : upstream.method->outputs)
            if (o.kind == ASSAY_SERIES) known.push_back(o.name);
          refuse(input,
                 fmt::format("\"{}\" declares no series \"{}\"; series: {}", input.stage, metric,
                             known.empty() ? "none" : join(known, ", ")),
                 did_you_mean(metric, known));
          return false;
        }
      }
    }
    if (!good)
      refuse(input, "unknown selector \"@" + input.from.substr(at + 1) + "\"",
             "there are @last, @step=N and @best(metrics/NAME,max) or (...,min)");
    input.from = port + "@" + text;
    return good;
  }

  void fits(const InputSpec& input, const PortSchema& output, const std::string& port) {
    const assay_kind kind = input.port->kind;
    const bool same = kind == output.kind &&
                      (kind == ASSAY_CHECKPOINT || kind == ASSAY_TABLE || kind == ASSAY_ARRAY);
    const bool either = kind == ASSAY_DIR && output.kind == ASSAY_CHECKPOINT &&
                        !input.port->format.empty() && input.port->format == output.format;
    if (!same && !either && !(kind == ASSAY_FILE && output.kind == ASSAY_ARTIFACT))
      return refuse(input, fmt::format("{} is a {}; \"{}\" is a {}", target(input), kind_name(kind),
                                       input.text, kind_name(output.kind)));
    if (same_format(input, output) && kind == ASSAY_TABLE) columns(input, output, port);
  }

  bool same_format(const InputSpec& input, const PortSchema& output) {
    const std::string& wanted = input.port->format;
    if (wanted.empty() || output.format.empty() || wanted == output.format) return true;
    refuse(input, fmt::format("{} has the format \"{}\"; \"{}\" has the format \"{}\"",
                              target(input), wanted, input.text, output.format));
    return false;
  }

  void columns(const InputSpec& input, const PortSchema& output, const std::string& port) {
    if (output.fields.empty()) return;
    for (const auto& wanted : input.port->fields) {
      const auto found = std::find_if(output.fields.begin(), output.fields.end(),
                                      [&](const FieldSchema& f) { return f.name == wanted.name; });
      if (found == output.fields.end())
        refuse(input, fmt::format("{} needs the column \"{}\", which table \"{}\" does not have",
                                  target(input), wanted.name, port));
      else if (found->type != wanted.type)
        refuse(input, fmt::format("{} needs the column \"{}\" as {}; table \"{}\" has it as {}",
                                  target(input), wanted.name, type_name(wanted.type), port,
                                  type_name(found->type)));
    }
  }

  const Stages& stages_;
  Stage& stage_;
  Findings& findings_;
};

}  // namespace

void read_inputs(const Fields& f, Stage& stage, Findings& findings) {
  const auto add = [&](const Entry& e, bool gathered) {
    InputSpec input;
    input.name = e.key;
    input.place = e.value.place;
    input.port = declared(stage, e.key, e.place, findings);
    if (gathered) {
      read_gather(Fields(e.value, "gather \"" + e.key + "\" of " + f.what(), findings), input,
                  findings);
    } else if (e.value.is_string() && !e.value.unresolved) {
      input.text = e.value.text;
      read_source(input, findings);
    } else if (!e.value.unresolved) {
      findings.error("E143", "input \"" + e.key + "\" must be a string, got " + describe(e.value),
                     e.value.place, kForms);
    }
    if (input.port && input.port->many() != gathered)
      findings.error("E145",
                     fmt::format("input \"{}\" of \"{}\" takes {}", e.key, stage.method_name(),
                                 gathered ? "one source, not a list" : "a list"),
                     e.place,
                     gathered ? "name it under inputs"
                              : fmt::format("write gather = {{ {} = {{ from = \"STAGE:PORT\", over "
                                            "= [\"seed\"] }} }}",
                                            e.key));
    stage.inputs.push_back(std::move(input));
  };
  if (const Node* inputs = f.table("inputs"))
    for (const auto& e : inputs->entries) add(e, false);
  if (const Node* gather = f.table("gather"))
    for (const auto& e : gather->entries) add(e, true);
  for (const auto& port : stage.method->inputs) {
    const bool given = std::any_of(stage.inputs.begin(), stage.inputs.end(),
                                   [&](const InputSpec& i) { return i.name == port.name; });
    if (!given && !port.optional())
      findings.error(
          "E144",
          fmt::format("stage \"{}\" needs {} \"{}\" ({}{})", stage.name,
                      port.many() ? "the gathered input" : "input", port.name, kind_name(port.kind),
                      port.format.empty() ? "" : ", format " + port.format),
          stage.place, port.doc.empty() ? "" : port.name + ": " + port.doc);
  }
}

void check_inputs(const Stages& stages, Stage& stage, Findings& findings) {
  if (!stage.enabled) return;
  const size_t errors = findings.errors();
  EdgeCheck edges(stages, stage, findings);
  for (auto& input : stage.inputs) edges.check(input);
  for (const auto& [name, place] : stage.needs) edges.known_stage(name, place);
  if (findings.errors() > errors) stage.broken = true;
}

}  // namespace assay
