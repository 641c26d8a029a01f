#include "core/base/number.hpp"
#include "core/base/sha256.hpp"
#include "core/plan/expression.hpp"
#include "core/plan/identity.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

void append_value(const Json& value, assay_type type, std::string& out) {
  if (value.is_array()) {
    out += '[';
    for (size_t i = 0; i < value.size(); ++i) {
      if (i) out += ',';
      append_value(value[i], type & 15, out);
    }
    out += ']';
  } else if (value.is_boolean()) {
    out += value.get<bool>() ? "true" : "false";
  } else if (value.is_number_unsigned()) {
    out += std::to_string(value.get<uint64_t>());
  } else if (value.is_number_integer() && type != ASSAY_REAL) {
    out += std::to_string(value.get<int64_t>());
  } else if (value.is_number()) {
    const std::string number = ecmascript(value.get<double>());
    const bool finite = number.find_first_of("naif") == std::string::npos;
    out += finite ? number : '"' + number + '"';
  } else {
    out += canonical_string(value.is_string() ? value.get_ref<const std::string&>() : "");
  }
}

/// Whether a parameter is left out of the identity.
bool left_out(const ParamSchema& p, const Json& value) {
  return p.cosmetic() || (!p.neutral.is_null() && same_value(value, p.neutral));
}

void append_source(const Source& s, std::string& out) {
  if (s.run.empty())
    out += "{\"sha256\":" + canonical_string(s.sha256) + "}";
  else
    out += "{\"port\":" + canonical_string(s.port) + ",\"run\":" + canonical_string(s.run) + "}";
}

void append_inputs(const Run& run, std::string& out) {
  std::vector<const RunInput*> inputs;
  for (const auto& input : run.inputs)
    if (!input.items.empty()) inputs.push_back(&input);
  std::sort(inputs.begin(), inputs.end(),
            [](const RunInput* a, const RunInput* b) { return a->name < b->name; });
  out += '{';
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (i) out += ',';
    out += canonical_string(inputs[i]->name) + ':';
    if (!inputs[i]->many) {
      append_source(inputs[i]->items.front(), out);
      continue;
    }
    std::vector<std::string> items;
    for (const auto& item : inputs[i]->items) append_source(item, items.emplace_back());
    std::sort(items.begin(), items.end());
    out += '[';
    for (size_t k = 0; k < items.size(); ++k) out += (k ? "," : "") + items[k];
    out += ']';
  }
  out += '}';
}

}  // namespace

std::string canonical_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
  return out + '"';
}

std::string canonical_json(const Run& run, const MethodSchema& method) {
  std::string out = "{\"assay_identity\":1,\"identity\":" + std::to_string(method.identity);
  out += ",\"inputs\":";
  append_inputs(run, out);
  out += ",\"method\":" + canonical_string(run.plugin + "." + run.method);
  std::vector<std::string> needs = run.needs;
  std::sort(needs.begin(), needs.end());
  out += ",\"needs\":[";
  for (size_t i = 0; i < needs.size(); ++i) out += (i ? "," : "") + canonical_string(needs[i]);
  out += "],\"params\":{";
  std::vector<const ParamSchema*> params;
  for (const auto& p : method.params) params.push_back(&p);
  std::sort(params.begin(), params.end(), [](const ParamSchema* a, const ParamSchema* b) {
    return a->oldest_name() < b->oldest_name();
  });
  bool first = true;
  for (const auto* p : params) {
    const auto value = run.params.find(p->name);
    if (value == run.params.end() || left_out(*p, *value)) continue;
    if (!first) out += ',';
    first = false;
    out += canonical_string(p->oldest_name()) + ':';
    append_value(*value, p->type, out);
  }
  return out + "},\"seed\":" + std::to_string(run.seed) + "}";
}

std::string run_id(const std::string& canonical) { return sha256(canonical).substr(0, 32); }

std::string explain(const Run& run, const MethodSchema& method) {
  std::string out =
      fmt::format("{}  {}.{}\nthe first 32 digits of the SHA-256 of these {} bytes:\n{}\n", run.id,
                  run.plugin, run.method, run.canonical.size(), run.canonical);
  for (const auto& p : method.params) {
    const auto value = run.params.find(p.name);
    if (value == run.params.end()) continue;
    const std::string shown = value->dump();
    if (p.cosmetic())
      out += fmt::format("left out: {} = {} (cannot change results)\n", p.name, shown);
    else if (left_out(p, *value))
      out += fmt::format("left out: {} = {} (its neutral value)\n", p.name, shown);
    else if (p.oldest_name() != p.name)
      out += fmt::format("{} stands under its oldest name, {}\n", p.name, p.oldest_name());
  }
  for (const auto& input : run.inputs)
    for (const auto& item : input.items)
      out += item.run.empty()
                 ? fmt::format("input {}: content of {}\n", input.name, item.path)
                 : fmt::format("input {}: {} of run {}\n", input.name, item.port, item.run);
  if (method.flags & ASSAY_SEEDLESS) out += "seed: 0, the method draws nothing\n";
  return out;
}

}  // namespace assay
