// A host in memory: loads a plugin, runs its methods one after another, hands the outputs of one to
// the next, and can stop and resume a run. It refuses what a method has not declared.
#pragma once
#include "core/base/sha256.hpp"

#include <assay/assay.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace fake {

/// A tensor or a list of strings, as it was written.
struct Item {
  assay_dtype dtype{};
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
  std::vector<std::string> strings;  // then dtype.bits is 0
  bool operator==(const Item& o) const {
    return dtype.code == o.dtype.code && dtype.bits == o.dtype.bits && shape == o.shape &&
           bytes == o.bytes && strings == o.strings;
  }
  template <class T>
  std::vector<T> as() const {
    if (dtype.bits != sizeof(T) * 8) throw std::runtime_error("another type");
    std::vector<T> out(bytes.size() / sizeof(T));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<uint8_t*>(out.data()));
    return out;
  }
};

using Value = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>,
                           std::vector<double>, std::vector<std::string>>;
using Params = std::map<std::string, Value>;
using Items = std::map<std::string, Item>;

/// What a run has written.
struct Outputs {
  std::map<std::string, std::vector<std::pair<int64_t, double>>> metrics;  // step (-1: none), value
  Items arrays;
  std::map<std::string, Items> tables, checkpoints;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::string> files;  // name with the file's extension -> what it held
  std::map<std::string, int64_t> checkpoint_steps;
  /// Bit by bit: NaN equals itself.
  bool operator==(const Outputs& o) const {
    const auto same = [](const auto& a, const auto& b) {
      return a.first == b.first &&
             std::bit_cast<uint64_t>(a.second) == std::bit_cast<uint64_t>(b.second);
    };
    const auto series = [&](const auto& a, const auto& b) {
      return a.first == b.first &&
             std::equal(a.second.begin(), a.second.end(), b.second.begin(), b.second.end(), same);
    };
    return std::equal(metrics.begin(), metrics.end(), o.metrics.begin(), o.metrics.end(), series) &&
           arrays == o.arrays && tables == o.tables && checkpoints == o.checkpoints &&
           checkpoint_steps == o.checkpoint_steps;
  }

  double metric(const std::string& name) const { return metrics.at(name).back().second; }
  const Item& column(const std::string& table, const std::string& name) const {
    return tables.at(table).at(name);
  }
};

struct Run {
  std::string method;
  uint64_t seed = 0;
  Params params;
  Outputs out;
  std::shared_ptr<Outputs> saved;  // as it was at the last checkpoint
  std::vector<std::string> log;
  assay_status status = ASSAY_OK;
  std::string message;
  int64_t polls = 0;
  bool ok() const { return status == ASSAY_OK; }
};

/// One source of an input: a path, or a part of another run.
struct Source {
  Source(std::string p) : path(std::move(p)) {}
  Source(const Run& r, std::string checkpoint = "") : run(&r), port(std::move(checkpoint)) {}
  std::string path;
  const Run* run = nullptr;
  std::string port;  // empty: the whole run; else the name of a checkpoint
};
using Inputs = std::map<std::string, std::vector<Source>>;

struct Options {
  uint64_t seed = 0;
  int64_t stop_at_poll = -1;     // the poll that returns STOP
  const Run* resumes = nullptr;  // an attempt to go on from
  std::string scratch;           // an empty folder, for methods that write files
};

struct Reader {
  Items items;
  const Run* run;
  int64_t step = -1;
  std::vector<std::pair<std::string, const Item*>> list;
  std::map<std::string, std::vector<const char*>> pointers;
};

class Host {
 public:
  explicit Host(const std::string& library) {
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) throw std::runtime_error(dlerror());
    const auto entry = reinterpret_cast<assay_plugin_v0_fn>(dlsym(handle, "assay_plugin_v0"));
    plugin_ = entry(&table());
    if (!plugin_) throw std::runtime_error("the plugin refused");
  }
  const assay_plugin& plugin() const { return *plugin_; }
  const assay_method& method(const std::string& name) const {
    for (auto m = plugin_->methods; *m; ++m)
      if (name == (*m)->name) return **m;
    throw std::runtime_error("no method " + name);
  }
  Run run(const std::string& name, const Params& params, const Inputs& inputs,
          const Options& options = {}) const;
  /// What the method says of parameters before anything runs; "": nothing.
  std::string refusal(const std::string& name, const Params& params) const;

 private:
  static const assay_host& table();
  const assay_plugin* plugin_;
};

// --- the rest is how it works ---------------------------------------------------------------

struct Context {
  const assay_method* method;
  Run run;
  Inputs inputs;
  Options options;
  std::string error;
  std::vector<std::unique_ptr<Reader>> readers;
};

inline Context& at(assay_ctx* c) { return *reinterpret_cast<Context*>(c); }

inline Item copy(const assay_tensor& t, const char* const* strings = nullptr) {
  Item item;
  item.shape.assign(t.shape, t.shape + t.ndim);
  int64_t n = 1;
  for (const auto d : item.shape) n *= d;
  if (strings) {
    item.strings.assign(strings, strings + n);
    return item;
  }
  item.dtype = t.dtype;
  const size_t size = t.dtype.bits / 8;
  for (int64_t flat = 0; flat < n; ++flat) {
    int64_t rest = flat, offset = 0, dense = n;
    for (int32_t d = 0; d < t.ndim; ++d) {
      dense /= item.shape[static_cast<size_t>(d)];
      offset += rest / dense * (t.strides ? t.strides[d] : dense);
      rest %= dense;
    }
    const auto* from =
        static_cast<const uint8_t*>(t.data) + t.byte_offset + static_cast<size_t>(offset) * size;
    item.bytes.insert(item.bytes.end(), from, from + size);
  }
  return item;
}

inline bool declared(Context& c, const std::string& name, std::initializer_list<assay_kind> kinds) {
  for (auto p = c.method->outputs; *p; ++p) {
    const std::string port = (*p)->name;
    const bool family = port.size() > 2 && port.ends_with("/*");
    if (family ? name.starts_with(port.substr(0, port.size() - 1)) : name == port)
      for (const auto kind : kinds)
        if ((*p)->kind == kind) return true;
  }
  c.error = "output \"" + name + "\" is not declared";
  return false;
}

/// An array of the run as a whole, or (step >= 0) the next of a series "name", "name/step".
inline void add_array(Items& arrays, const std::string& name, int64_t step, const Item& item) {
  if (step < 0) {
    arrays[name] = item;
    return;
  }
  auto& value = arrays[name];
  auto& steps = arrays[name + "/step"];
  if (value.shape.empty()) {
    value = {item.dtype, item.shape, {}, {}};
    value.shape.insert(value.shape.begin(), 0);
    steps = {{ASSAY_DT_INT, 64, 1}, {0}, {}, {}};
  }
  ++value.shape[0], ++steps.shape[0];
  value.bytes.insert(value.bytes.end(), item.bytes.begin(), item.bytes.end());
  const auto* b = reinterpret_cast<const uint8_t*>(&step);
  steps.bytes.insert(steps.bytes.end(), b, b + 8);
}

inline void flatten(Reader& reader, const Run& run) {
  for (const auto& [name, rows] : run.out.metrics) {
    Item item;
    item.dtype = {ASSAY_DT_FLOAT, 64, 1};
    item.shape = {static_cast<int64_t>(rows.size())};
    for (const auto& row : rows) {
      const auto* b = reinterpret_cast<const uint8_t*>(&row.second);
      item.bytes.insert(item.bytes.end(), b, b + 8);
    }
    reader.items["metrics/" + name] = item;
  }
  for (const auto& [name, item] : run.out.arrays) reader.items["arrays/" + name] = item;
  for (const auto& [table, columns] : run.out.tables)
    for (const auto& [name, item] : columns) reader.items["tables/" + table + "/" + name] = item;
  for (const auto& [checkpoint, entries] : run.out.checkpoints)
    for (const auto& [name, item] : entries)
      reader.items["checkpoints/" + checkpoint + "/" + name] = item;
}

/// A single number or text of a parameter.
inline void show(assay_value& v, const Value& from) {
  if (const auto* b = std::get_if<bool>(&from)) v.type = ASSAY_BOOL, v.as.i = *b;
  if (const auto* i = std::get_if<int64_t>(&from)) v.type = ASSAY_INT, v.as.i = *i;
  if (const auto* f = std::get_if<double>(&from)) v.type = ASSAY_REAL, v.as.f = *f;
  if (const auto* s = std::get_if<std::string>(&from)) v.type = ASSAY_STRING, v.as.s = s->c_str();
}

/// Adds the default of a parameter that is not a list and was not given.
inline void keep_default(Params& params, const assay_param& p) {
  if (p.type == ASSAY_BOOL) params.emplace(p.name, p.fallback.as.i != 0);
  if (p.type == ASSAY_INT) params.emplace(p.name, p.fallback.as.i);
  if (p.type == ASSAY_REAL) params.emplace(p.name, p.fallback.as.f);
  if (p.type == ASSAY_STRING && p.fallback.as.s)
    params.emplace(p.name, std::string(p.fallback.as.s));
}

inline const assay_host& Host::table() {
  static const assay_host host = [] {
    assay_host h{};
    h.struct_size = sizeof h;
    h.name = "fake";
    h.version = "0";
    h.extension = [](const assay_host*, const char*) noexcept -> const void* { return nullptr; };
    h.log = [](assay_ctx* c, int32_t, const char* m) noexcept { at(c).run.log.emplace_back(m); };
    h.fail = [](assay_ctx* c, assay_status s, const char* m) noexcept {
      at(c).run.message = m;
      return s;
    };
    h.error = [](assay_ctx* c) noexcept { return at(c).error.c_str(); };
    h.poll = [](assay_ctx* c) noexcept -> uint32_t {
      return at(c).run.polls++ == at(c).options.stop_at_poll ? ASSAY_STOP : 0u;
    };
    h.progress = [](assay_ctx*, const char*, int64_t, int64_t, const char*) noexcept {};
    h.stream = [](assay_ctx* c, const char* purpose) noexcept {
      std::string text = "assay-seed-1";
      text.append(reinterpret_cast<const char*>(&at(c).run.seed), 8);
      text += purpose;
      const auto hex = assay::sha256(text);
      uint64_t key = 0;
      for (int b = 7; b >= 0; --b) key = key << 8 | std::stoul(hex.substr(2 * b, 2), nullptr, 16);
      return key;
    };
    h.scalar = [](assay_ctx* c, const char* name, int64_t step, double v) noexcept -> assay_status {
      if (!declared(at(c), name, {ASSAY_SCALAR, ASSAY_SERIES})) return ASSAY_CONTRACT;
      at(c).run.out.metrics[name].emplace_back(step, v);
      return ASSAY_OK;
    };
    h.array = [](assay_ctx* c, const char* name, int64_t step,
                 const assay_tensor* t) noexcept -> assay_status {
      if (!declared(at(c), name, {ASSAY_ARRAY})) return ASSAY_CONTRACT;
      add_array(at(c).run.out.arrays, name, step, copy(*t));
      return ASSAY_OK;
    };
    h.rows = [](assay_ctx* c, const char* table, size_t count,
                const assay_column* columns) noexcept -> assay_status {
      if (!declared(at(c), table, {ASSAY_TABLE})) return ASSAY_CONTRACT;
      auto& into = at(c).run.out.tables[table];
      for (size_t i = 0; i < count; ++i) {
        const Item item = copy(columns[i].data, columns[i].strings);
        const auto [place, fresh] = into.emplace(columns[i].name, item);
        if (fresh) continue;
        place->second.shape[0] += item.shape[0];
        place->second.bytes.insert(place->second.bytes.end(), item.bytes.begin(), item.bytes.end());
        place->second.strings.insert(place->second.strings.end(), item.strings.begin(),
                                     item.strings.end());
      }
      return ASSAY_OK;
    };
    h.text = [](assay_ctx* c, const char* name, int64_t, const char* text,
                size_t size) noexcept -> assay_status {
      if (!declared(at(c), name, {ASSAY_TEXT})) return ASSAY_CONTRACT;
      at(c).run.out.texts[name] = std::string(text, size);
      return ASSAY_OK;
    };
    h.file = [](assay_ctx* c, const char* name, const char* path) noexcept -> assay_status {
      if (!declared(at(c), name, {ASSAY_ARTIFACT})) return ASSAY_CONTRACT;
      std::ifstream file(path, std::ios::binary);
      if (!file) return ASSAY_IO;
      at(c).run.out.files[name + std::filesystem::path(path).extension().string()] = {
          std::istreambuf_iterator<char>(file), {}};
      return ASSAY_OK;
    };
    h.save = [](assay_ctx* c, const char* name, int64_t step, size_t count,
                const assay_column* columns) noexcept -> assay_status {
      if (!declared(at(c), name, {ASSAY_CHECKPOINT})) return ASSAY_CONTRACT;
      Items items;
      for (size_t i = 0; i < count; ++i)
        items[columns[i].name] = copy(columns[i].data, columns[i].strings);
      auto& run = at(c).run;
      run.out.checkpoints[name] = items;
      run.out.checkpoint_steps[name] = step;
      run.saved = std::make_shared<Outputs>(run.out);
      return ASSAY_OK;
    };
    h.inputs = [](assay_ctx* c, const char* name) noexcept -> size_t {
      const auto found = at(c).inputs.find(name);
      return found == at(c).inputs.end() ? 0 : found->second.size();
    };
    h.path = [](assay_ctx* c, const char* name, size_t i) noexcept -> const char* {
      const auto found = at(c).inputs.find(name);
      if (found == at(c).inputs.end() || i >= found->second.size()) return nullptr;
      return found->second[i].path.empty() ? nullptr : found->second[i].path.c_str();
    };
    h.open = [](assay_ctx* c, const char* name, size_t i,
                assay_reader** out) noexcept -> assay_status {
      auto& context = at(c);
      auto reader = std::make_unique<Reader>();
      reader->run = &context.run;
      if (name[0] == '@') {
        const auto found = context.run.out.checkpoints.find(name + 1);
        if (found == context.run.out.checkpoints.end()) return ASSAY_NOT_FOUND;
        reader->items = found->second;
      } else {
        const auto found = context.inputs.find(name);
        if (found == context.inputs.end() || i >= found->second.size()) {
          context.error = std::string("no input \"") + name + "\"";
          return ASSAY_NOT_FOUND;
        }
        const auto& source = found->second[i];
        reader->run = source.run;
        if (source.port.empty())
          flatten(*reader, *source.run);
        else
          reader->items = source.run->out.checkpoints.at(source.port);
      }
      for (const auto& [key, item] : reader->items) reader->list.emplace_back(key, &item);
      *out = reinterpret_cast<assay_reader*>(reader.get());
      context.readers.push_back(std::move(reader));
      return ASSAY_OK;
    };
    h.count = [](assay_reader* r) noexcept { return reinterpret_cast<Reader*>(r)->list.size(); };
    h.item = [](assay_reader* r, size_t i, const char** key,
                assay_tensor* about) noexcept -> assay_status {
      auto& [name, item] = reinterpret_cast<Reader*>(r)->list.at(i);
      *key = name.c_str();
      *about = {nullptr,
                {ASSAY_CPU, 0},
                static_cast<int32_t>(item->shape.size()),
                item->dtype,
                item->shape.data(),
                nullptr,
                0};
      return ASSAY_OK;
    };
    h.read = [](assay_reader* r, size_t i, const assay_tensor* into) noexcept -> assay_status {
      const auto& item = *reinterpret_cast<Reader*>(r)->list.at(i).second;
      std::copy(item.bytes.begin(), item.bytes.end(), static_cast<uint8_t*>(into->data));
      return ASSAY_OK;
    };
    h.strings = [](assay_reader* r, size_t i) noexcept -> const char* const* {
      auto& reader = *reinterpret_cast<Reader*>(r);
      const auto& [name, item] = reader.list.at(i);
      if (item->dtype.bits) return nullptr;
      auto& pointers = reader.pointers[name];
      pointers.clear();
      for (const auto& s : item->strings) pointers.push_back(s.c_str());
      return pointers.data();
    };
    h.params = [](assay_reader* r, const char* name, assay_value* out) noexcept -> assay_status {
      const auto& run = *reinterpret_cast<Reader*>(r)->run;
      if (std::string(name) == "seed") {
        out->type = ASSAY_INT;
        out->as.i = static_cast<int64_t>(run.seed);
        return ASSAY_OK;
      }
      const auto found = run.params.find(name);
      if (found == run.params.end()) return ASSAY_NOT_FOUND;
      show(*out, found->second);
      return ASSAY_OK;
    };
    h.close = [](assay_reader*) noexcept {};
    return h;
  }();
  return host;
}

/// `given` in the ABI's form; a list of strings points into `strings`.
inline void fill(assay_value& v, const Value& given, std::vector<const char*>& strings) {
  if (const auto* b = std::get_if<bool>(&given)) v.as.i = *b;
  if (const auto* i = std::get_if<int64_t>(&given)) v.as.i = *i;
  if (const auto* f = std::get_if<double>(&given)) v.as.f = *f;
  if (const auto* s = std::get_if<std::string>(&given)) v.as.s = s->c_str();
  const auto list = [&v](const auto& items) { v.count = static_cast<int32_t>(items.size()); };
  if (const auto* is = std::get_if<std::vector<int64_t>>(&given)) list(*is), v.as.is = is->data();
  if (const auto* fs = std::get_if<std::vector<double>>(&given)) list(*fs), v.as.fs = fs->data();
  if (const auto* ss = std::get_if<std::vector<std::string>>(&given)) {
    for (const auto& s : *ss) strings.push_back(s.c_str());
    list(*ss), v.as.ss = strings.data();
  }
}

inline std::string Host::refusal(const std::string& name, const Params& params) const {
  const auto& m = method(name);
  std::vector<assay_value> values;
  std::map<std::string, std::vector<const char*>> strings;
  for (auto p = m.params; *p; ++p) {
    values.push_back((*p)->fallback);
    if (const auto given = params.find((*p)->name); given != params.end())
      fill(values.back(), given->second, strings[given->first]);
  }
  char why[500] = "";
  return m.check(values.data(), why, sizeof why) == ASSAY_OK ? "" : why;
}

inline Run Host::run(const std::string& name, const Params& params, const Inputs& inputs,
                     const Options& options) const {
  const auto& m = method(name);
  Context c{&m, {}, inputs, options, {}, {}};
  c.run.method = name;
  c.run.seed = m.flags & ASSAY_SEEDLESS ? 0 : options.seed;
  c.run.params = params;
  for (auto p = m.params; *p; ++p) keep_default(c.run.params, **p);
  if (options.resumes && options.resumes->saved) c.run.out = *options.resumes->saved;
  std::vector<assay_value> values;
  std::map<std::string, std::vector<const char*>> strings;
  size_t used = 0;
  for (auto p = m.params; *p; ++p) {
    auto v = (*p)->fallback;
    if (const auto given = params.find((*p)->name); given != params.end()) {
      ++used;
      fill(v, given->second, strings[given->first]);
    }
    values.push_back(v);
  }
  if (used != params.size()) throw std::runtime_error("a parameter that " + name + " has not");
  assay_job job{};
  job.struct_size = sizeof job;
  job.param_count = static_cast<uint32_t>(values.size());
  job.host = &table();
  job.ctx = reinterpret_cast<assay_ctx*>(&c);
  job.params = values.data();
  job.seed = c.run.seed;
  job.device = {ASSAY_CPU, 0};
  job.threads = 1;
  job.attempt = options.resumes ? 2 : 1;
  job.scratch = c.options.scratch.c_str();
  job.work = "";
  c.run.status = m.run(&job);
  return c.run;
}

}  // namespace fake
