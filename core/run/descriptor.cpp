#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/run/descriptor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace assay {
namespace {

constexpr size_t kMost = 256;            // of anything
constexpr size_t kLongest = 64 * 1024;   // bytes of a string
constexpr uint32_t kLargest = 1u << 16;  // a plausible struct_size

constexpr uint32_t kParamFlags = ASSAY_REQUIRED | ASSAY_OPEN_MIN | ASSAY_OPEN_MAX | ASSAY_COSMETIC;
constexpr uint32_t kPortFlags =
    ASSAY_OPTIONAL | ASSAY_MANY | ASSAY_LOWER_IS_BETTER | ASSAY_HIGHER_IS_BETTER | ASSAY_HEADLINE;
constexpr uint32_t kMethodFlags =
    ASSAY_RESUMABLE | ASSAY_SEEDLESS | ASSAY_NONDETERMINISTIC | ASSAY_USES_GPU;

/// Walks one tree. `where` names the descriptor at hand in every message.
class Walker {
 public:
  explicit Walker(std::string library) : library_(std::move(library)) {}

  PluginSchema plugin(const assay_plugin* p, const std::string& file_name);

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw BadInput("E032", library_ + " is not a valid plugin: " + what);
  }

  /// A copy of `d` whose tail, beyond what the other side filled in, is zero.
  template <class T>
  T prefix(const T* d, const std::string& where, size_t least) const {
    uint32_t size = 0;
    std::memcpy(&size, d, sizeof size);
    if (size < least || size > kLargest)
      refuse(fmt::format("{} has struct_size {}; this host reads {} bytes and needs {}", where,
                         size, sizeof(T), least));
    T copy{};
    std::memcpy(static_cast<void*>(&copy), d, std::min<size_t>(size, sizeof(T)));
    return copy;
  }

  std::string text(const char* s, const std::string& where) const {
    if (!s) return "";
    const size_t n = ::strnlen(s, kLongest + 1);
    if (n > kLongest) refuse(where + " is longer than 64 KiB");
    std::string out(s, n);
    if (!valid_utf8(out)) refuse(where + " is not valid UTF-8");
    return out;
  }
  std::string name(const char* s, const std::string& where) const {
    if (!s) refuse(where + " has no name");
    std::string out = text(s, "the name of " + where);
    if (!valid_name(out))
      refuse(fmt::format("the name \"{}\" of {} is not [a-z][a-z0-9_]{{0,62}}", printable(out),
                         where));
    return out;
  }

  /// The entries of a NULL-terminated array.
  template <class T>
  std::vector<const T*> entries(const T* const* list, const std::string& what) const {
    std::vector<const T*> out;
    while (list && list[out.size()]) {
      if (out.size() == kMost) refuse(fmt::format("it has more than {} {}", kMost, what));
      out.push_back(list[out.size()]);
    }
    return out;
  }
  std::vector<std::string> strings(const char* const* list, const std::string& what) const {
    std::vector<std::string> out;
    for (const char* s : entries(list, what)) out.push_back(text(s, "one of the " + what));
    return out;
  }
  void unique(std::set<std::string>& seen, const std::string& n, const std::string& what) const {
    if (!seen.insert(n).second) refuse(fmt::format("{} \"{}\" is declared twice", what, n));
  }
  void flags(uint32_t given, uint32_t allowed, const std::string& where) const {
    if (given & ~allowed)
      refuse(fmt::format("{} has the flag bits 0x{:x}, which do not belong to it", where,
                         given & ~allowed));
  }

  Json scalar(const assay_value& v, assay_type type, const std::string& where) const;
  Json value(const assay_value& v, assay_type type, const std::string& where) const;
  void in_range(const ParamSchema& p, const Json& v, const std::string& where) const;
  ParamSchema param(const assay_param* d, const std::string& method) const;
  void check_param(const assay_param& raw, const ParamSchema& p, const std::string& where) const;
  PortSchema port(const assay_port* d, const std::string& method, bool input) const;
  MethodSchema method(const assay_method* d, const std::string& plugin) const;

  std::string library_;
};

Json Walker::scalar(const assay_value& v, assay_type type, const std::string& where) const {
  if (type == ASSAY_BOOL) {
    if (v.as.i != 0 && v.as.i != 1) refuse(where + " is a bool that is neither 0 nor 1");
    return v.as.i == 1;
  }
  if (type == ASSAY_INT) return v.as.i;
  if (type == ASSAY_REAL) {
    if (!std::isfinite(v.as.f)) refuse(where + " is not finite");
    return v.as.f;
  }
  if (!v.as.s) refuse(where + " is a NULL string");
  return text(v.as.s, where);
}

Json Walker::value(const assay_value& v, assay_type type, const std::string& where) const {
  if (v.type != type)
    refuse(fmt::format("{} has the type {}, not {}", where, v.type, type_name(type)));
  if (!(type & 16)) return scalar(v, type, where);
  if (v.count < 0 || v.count > static_cast<int32_t>(kMost))
    refuse(fmt::format("{} has {} elements; at most {} are allowed", where, v.count, kMost));
  if (v.count > 0 && !v.as.is) refuse(where + " is a NULL list");
  Json out = Json::array();
  for (int32_t i = 0; i < v.count; ++i) {
    assay_value item{type & 15, 0, {}};
    if (type == ASSAY_REALS)
      item.as.f = v.as.fs[i];
    else if (type == ASSAY_STRINGS)
      item.as.s = v.as.ss[i];
    else
      item.as.i = v.as.is[i];
    out.push_back(scalar(item, item.type, where));
  }
  return out;
}

void Walker::in_range(const ParamSchema& p, const Json& v, const std::string& where) const {
  if (v.is_array()) {
    for (const auto& item : v) in_range(p, item, where);
    return;
  }
  const auto less = [](const Json& a, const Json& b, bool open) { return open ? a <= b : a < b; };
  const bool low = !p.min.is_null() && less(v, p.min, p.flags & ASSAY_OPEN_MIN);
  const bool high = !p.max.is_null() && less(p.max, v, p.flags & ASSAY_OPEN_MAX);
  if (low || high) refuse(fmt::format("{} is {}, outside its own range", where, v.dump()));
  if (!p.choices.empty() &&
      std::find(p.choices.begin(), p.choices.end(), v.get<std::string>()) == p.choices.end())
    refuse(fmt::format("{} is {}, which is not among its choices", where, v.dump()));
}

void Walker::check_param(const assay_param& raw, const ParamSchema& p,
                         const std::string& where) const {
  const assay_type element = p.type & 15;
  if (raw.choices) {
    if (element != ASSAY_STRING) refuse(where + " has choices but is no string");
    if (p.choices.empty()) refuse(where + " has an empty list of choices");
    std::set<std::string> seen;
    for (const auto& c : p.choices) unique(seen, c, "a choice of " + where + ",");
  }
  if ((raw.min.type || raw.max.type) && element != ASSAY_INT && element != ASSAY_REAL)
    refuse(where + " has a range but is no number");
  if (!p.min.is_null() && !p.max.is_null() && p.max < p.min)
    refuse(fmt::format("{} has min {} above max {}", where, p.min.dump(), p.max.dump()));
  if (p.required() == !p.fallback.is_null())
    refuse(where + (p.required() ? " is REQUIRED and has a default"
                                 : " has neither a default nor the flag REQUIRED"));
  if (!p.fallback.is_null()) in_range(p, p.fallback, "the default of " + where);
  if (!p.neutral.is_null() && p.since < 1)
    refuse(where + " has a neutral value but does not say since which identity");
}

ParamSchema Walker::param(const assay_param* d, const std::string& method) const {
  static const std::set<std::string> kReserved{
      "seed", "seeds", "device", "threads", "resources", "inputs", "results", "method", "stage"};
  const auto raw = prefix(d, "a parameter of " + method, offsetof(assay_param, since));
  ParamSchema p;
  p.name = name(raw.name, "a parameter of " + method);
  const std::string where = fmt::format("parameter \"{}\" of {}", p.name, method);
  if (kReserved.contains(p.name)) refuse(where + " has a name that is the host's");
  flags(raw.flags, kParamFlags, where);
  p.flags = raw.flags;
  p.doc = text(raw.doc, "the doc of " + where);
  p.unit = text(raw.unit, "the unit of " + where);
  p.type = raw.type;
  const assay_type element = p.type & 15;
  if ((p.type & ~31) || element < ASSAY_BOOL || element > ASSAY_STRING)
    refuse(fmt::format("{} has the unknown type {}", where, p.type));
  p.choices = strings(raw.choices, "choices of " + where);
  for (const auto& alias : strings(raw.aliases, "aliases of " + where)) {
    if (!valid_name(alias) || kReserved.contains(alias))
      refuse(fmt::format("the alias \"{}\" of {} is not a name", printable(alias), where));
    p.aliases.push_back(alias);
  }
  if (raw.min.type) p.min = value(raw.min, element, "the min of " + where);
  if (raw.max.type) p.max = value(raw.max, element, "the max of " + where);
  if (raw.fallback.type) p.fallback = value(raw.fallback, p.type, "the default of " + where);
  if (raw.neutral.type) p.neutral = value(raw.neutral, p.type, "the neutral value of " + where);
  p.since = raw.since;
  check_param(raw, p, where);
  return p;
}

/// An output may nest with '/', and end in a star that declares the family.
bool valid_output(std::string_view name) {
  if (name.ends_with("/*")) name.remove_suffix(2);
  while (true) {
    const size_t slash = name.find('/');
    if (!valid_name(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

PortSchema Walker::port(const assay_port* d, const std::string& method, bool input) const {
  const std::string kind = input ? "input" : "output";
  const auto raw = prefix(d, "an " + kind + " of " + method, offsetof(assay_port, reserved));
  PortSchema p;
  if (!raw.name) refuse("an " + kind + " of " + method + " has no name");
  p.name = input ? name(raw.name, "an input of " + method)
                 : text(raw.name, "the name of an output of " + method);
  if (!input && !valid_output(p.name))
    refuse(
        fmt::format("the name \"{}\" of an output of {} is not a name, names joined by '/', or "
                    "a family that ends in \"/*\"",
                    printable(p.name), method));
  const std::string where = fmt::format("{} \"{}\" of {}", kind, p.name, method);
  flags(raw.flags,
        input ? uint32_t{ASSAY_OPTIONAL | ASSAY_MANY} : (kPortFlags & ~uint32_t{ASSAY_MANY}),
        where);
  p.flags = raw.flags;
  p.kind = raw.kind;
  const bool is_input = p.kind == ASSAY_RUN || p.kind == ASSAY_FILE || p.kind == ASSAY_DIR ||
                        p.kind == ASSAY_TABLE || p.kind == ASSAY_ARRAY ||
                        p.kind == ASSAY_CHECKPOINT;
  if (input ? !is_input : (p.kind < ASSAY_SCALAR || p.kind > ASSAY_ARTIFACT))
    refuse(fmt::format("{} has the kind {}, which is not one of an {}", where, p.kind, kind));
  p.doc = text(raw.doc, "the doc of " + where);
  p.unit = text(raw.unit, "the unit of " + where);
  p.format = text(raw.format, "the format of " + where);
  std::set<std::string> seen;
  for (const assay_field* f : entries(raw.fields, "columns of " + where)) {
    const auto field = prefix(f, "a column of " + where, offsetof(assay_field, reserved));
    FieldSchema out;
    out.name = name(field.name, "a column of " + where);
    unique(seen, out.name, "a column of " + where + ",");
    flags(field.flags, 0, "column \"" + out.name + "\" of " + where);
    out.doc = text(field.doc, "the doc of column \"" + out.name + "\" of " + where);
    out.unit = text(field.unit, "the unit of column \"" + out.name + "\" of " + where);
    out.type = field.type;
    if (out.type < ASSAY_BOOL || out.type > ASSAY_STRING)
      refuse(fmt::format("column \"{}\" of {} has the unknown type {}", out.name, where, out.type));
    p.fields.push_back(out);
  }
  return p;
}

MethodSchema Walker::method(const assay_method* d, const std::string& plugin) const {
  const auto raw = prefix(d, "a method", offsetof(assay_method, check));
  MethodSchema m;
  m.name = name(raw.name, "a method");
  const std::string where = "method \"" + plugin + "." + m.name + "\"";
  flags(raw.flags, kMethodFlags, where);
  m.flags = raw.flags;
  m.summary = text(raw.summary, "the summary of " + where);
  m.doc = text(raw.doc, "the doc of " + where);
  m.identity = raw.identity;
  if (m.identity < 1) refuse(fmt::format("{} has identity {}; it starts at 1", where, m.identity));
  if (!raw.run) refuse(where + " has no run function");
  m.has_check = raw.check != nullptr;
  m.has_estimate = raw.estimate != nullptr;
  std::set<std::string> params, inputs, outputs;
  for (const assay_param* p : entries(raw.params, "parameters")) {
    m.params.push_back(param(p, where));
    unique(params, m.params.back().name, "a parameter of " + where + ",");
    for (const auto& alias : m.params.back().aliases)
      unique(params, alias, "a parameter of " + where + ",");
  }
  for (const assay_port* p : entries(raw.inputs, "inputs")) {
    m.inputs.push_back(port(p, where, true));
    unique(inputs, m.inputs.back().name, "an input of " + where + ",");
  }
  for (const assay_port* p : entries(raw.outputs, "outputs")) {
    m.outputs.push_back(port(p, where, false));
    unique(outputs, m.outputs.back().name, "an output of " + where + ",");
  }
  return m;
}

PluginSchema Walker::plugin(const assay_plugin* d, const std::string& file_name) {
  const auto raw = prefix(d, "the plugin", offsetof(assay_plugin, extension));
  PluginSchema p;
  p.abi_major = raw.abi_major;
  p.abi_minor = raw.abi_minor;
  if (raw.abi_major != ASSAY_ABI_MAJOR)
    refuse(fmt::format("it says it was compiled for ABI {}; this host speaks {}", raw.abi_major,
                       ASSAY_ABI_MAJOR));
  for (const auto& id : strings(raw.required, "required extensions"))
    throw BadInput("E032", fmt::format("{} needs the extension \"{}\", which this host does not "
                                       "have",
                                       library_, printable(id)));
  p.name = name(raw.name, "the plugin");
  if (p.name != file_name)
    refuse(fmt::format("it calls itself \"{}\"; a plugin's name is its file's name", p.name));
  p.version = text(raw.version, "its version");
  p.summary = text(raw.summary, "its summary");
  p.citation = text(raw.citation, "its citation");
  p.build = text(raw.build, "its build");
  std::set<std::string> seen;
  if (!raw.methods) refuse("it has no list of methods");
  for (const assay_method* m : entries(raw.methods, "methods")) {
    p.methods.push_back(method(m, p.name));
    unique(seen, p.methods.back().name, "method");
  }
  if (p.methods.empty()) refuse("it has no methods");
  return p;
}

}  // namespace

PluginSchema read_descriptor(const assay_plugin* plugin, const std::string& name) {
  return Walker(name + ".so").plugin(plugin, name);
}

const assay_method* find_method(const assay_plugin* plugin, const std::string& name) {
  for (const assay_method* const* m = plugin->methods; *m; ++m)
    if (name == (*m)->name) return *m;
  return nullptr;
}

}  // namespace assay
