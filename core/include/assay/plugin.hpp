// assay/plugin.hpp - writing an Assay plugin in C++17. Header-only; needs no library.
//
// A method is a struct: its fields are the parameters, their initial values the defaults;
// `describe` names them, its inputs and its outputs; `run` is the algorithm. See docs/plugin.md.
//
// Everything here has hidden visibility, whatever flags the plugin is compiled with, so that two
// plugins built against different versions of this header never share one another's statics.
#pragma once

#include <assay/assay.h>

#include <array>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <initializer_list>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#ifndef ASSAY_BUILD /* what compiled the plugin: recorded with every result */
#define ASSAY_BUILD __VERSION__
#endif

namespace assay __attribute__((visibility("hidden"))) {
  inline namespace v0 {

  /// What a method throws to end its run with a status and one sentence.
  class Error : public std::runtime_error {
   public:
    Error(assay_status status, const std::string& what)
        : std::runtime_error(what), status_(status) {}
    assay_status status() const noexcept { return status_; }

   private:
    assay_status status_;
  };

  /// What to tell the user about `e`. torch.hpp replaces it to leave out LibTorch's backtrace.
  inline std::string (*explain)(const std::exception& e) = [](const std::exception& e) {
    return std::string(e.what());
  };

  /// Runs `body` and turns whatever it throws into a status; `report(status, text)` says why.
  template <class Body, class Report>
  assay_status contain(Body&& body, Report&& report) noexcept {
    try {
      body();
      return ASSAY_OK;
    } catch (const Error& e) {
      return report(e.status(), e.what());
    } catch (const std::bad_alloc&) {
      return report(ASSAY_OUT_OF_MEMORY, "out of memory");
    } catch (const std::invalid_argument& e) {
      return report(ASSAY_INVALID_ARGUMENT, e.what());
    } catch (const std::exception& e) {
      return report(ASSAY_FAILED, explain(e).c_str());
    } catch (...) {
      return report(ASSAY_FAILED, "an exception that is not a std::exception");
    }
  }

  /// Philox4x32-10 (Salmon et al., SC 2011): four random words for any counter under a 64-bit key.
  /// Keyed by `job.stream(purpose)` and counted by (example, layer, block), the draws of an example
  /// depend neither on its batch nor on the number of threads.
  class Philox {
   public:
    explicit Philox(uint64_t key) : key_(key) {}

    std::array<uint32_t, 4> words(uint64_t example, uint32_t layer = 0, uint32_t block = 0) const {
      std::array<uint32_t, 4> c{static_cast<uint32_t>(example),
                                static_cast<uint32_t>(example >> 32), layer, block};
      auto k0 = static_cast<uint32_t>(key_), k1 = static_cast<uint32_t>(key_ >> 32);
      for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        const uint64_t a = uint64_t{0xD2511F53u} * c[0], b = uint64_t{0xCD9E8D57u} * c[2];
        c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ k0, static_cast<uint32_t>(b),
             static_cast<uint32_t>(a >> 32) ^ c[3] ^ k1, static_cast<uint32_t>(a)};
      }
      return c;
    }
    /// In [0, 1), with 53 random bits.
    double uniform(uint64_t example, uint32_t layer = 0, uint32_t block = 0) const {
      const auto w = words(example, layer, block);
      return static_cast<double>((uint64_t{w[0]} << 21) ^ (w[1] >> 11)) * 0x1p-53;
    }

   private:
    uint64_t key_;
  };

  /// Draws in sequence from one stream. `position` is all of its state: store it to resume.
  class Stream {
   public:
    explicit Stream(uint64_t key, uint64_t position = 0) : philox_(key), position_(position) {}

    uint64_t position() const { return position_; }
    uint64_t next() {
      const auto w = philox_.words(position_++);
      return (uint64_t{w[0]} << 32) | w[1];
    }
    /// In [0, 1).
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    /// In 0 .. n-1, without bias (Lemire's method); n > 0.
    uint64_t below(uint64_t n) {
      while (true) {
        const uint64_t x = next();
        const auto product = static_cast<Wide>(x) * n;
        const auto low = static_cast<uint64_t>(product);
        if (low >= n || low >= (0 - n) % n) return static_cast<uint64_t>(product >> 64);
      }
    }
    /// Fisher-Yates, from the end.
    template <class T>
    void shuffle(std::vector<T>& items) {
      for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
    }

   private:
    __extension__ typedef unsigned __int128 Wide;  // no warning from g++ -Wpedantic
    Philox philox_;
    uint64_t position_;
  };

  namespace detail {
  /// The dtype of a C++ element type.
  template <class T>
  constexpr assay_dtype dtype() {
    static_assert(std::is_arithmetic_v<T>, "a column or an array holds numbers or strings");
    if constexpr (std::is_same_v<T, bool>) return {ASSAY_DT_BOOL, 8, 1};
    constexpr uint8_t bits = sizeof(T) * 8;
    if constexpr (std::is_floating_point_v<T>) return {ASSAY_DT_FLOAT, bits, 1};
    return {std::is_signed_v<T> ? ASSAY_DT_INT : ASSAY_DT_UINT, bits, 1};
  }
  inline bool same(assay_dtype a, assay_dtype b) {
    return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
  }
  }  // namespace detail

  /// A borrowed view of numbers in row-major order; `shape` empty means a scalar.
  class Tensor {
   public:
    template <class T>
    Tensor(const T* data, std::vector<int64_t> shape) : shape_(std::move(shape)) {
      raw_.data = const_cast<T*>(data);
      raw_.device = {ASSAY_CPU, 0};
      raw_.dtype = detail::dtype<T>();
    }
    template <class T>
    Tensor(const std::vector<T>& v)  // NOLINT(google-explicit-constructor)
        : Tensor(v.data(), {static_cast<int64_t>(v.size())}) {
      static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no data(): use uint8_t");
    }
    assay_tensor raw() const {
      assay_tensor t = raw_;
      t.ndim = static_cast<int32_t>(shape_.size());
      t.shape = shape_.data();
      return t;
    }

   private:
    assay_tensor raw_{};
    std::vector<int64_t> shape_;
  };

  /// Bytes that are 0 or 1, as a tensor of truth values.
  inline Tensor bools(const std::vector<uint8_t>& v) {
    static_assert(sizeof(bool) == 1);
    return {reinterpret_cast<const bool*>(v.data()), {static_cast<int64_t>(v.size())}};
  }

  /// A named column of a table, or a named entry of a checkpoint; borrows what it shows.
  class Column {
   public:
    Column(std::string name, Tensor tensor) : name_(std::move(name)), tensor_(std::move(tensor)) {}
    template <class T>
    Column(std::string name, const std::vector<T>& v) : Column(std::move(name), Tensor(v)) {}
    Column(std::string name, const std::vector<std::string>& strings)
        : name_(std::move(name)),
          tensor_(static_cast<const uint8_t*>(nullptr), {static_cast<int64_t>(strings.size())}),
          is_strings_(true) {
      for (const auto& s : strings) strings_.push_back(s.c_str());
    }
    /// A foreign view whose shape and strides outlive this column (torch.hpp makes these).
    Column(std::string name, const assay_tensor& foreign)
        : name_(std::move(name)),
          tensor_(static_cast<const uint8_t*>(nullptr), {}),
          foreign_(foreign),
          is_foreign_(true) {}

    assay_column raw() const {
      static const char* const none = nullptr;
      return {name_.c_str(), is_foreign_ ? foreign_ : tensor_.raw(),
              !is_strings_       ? nullptr
              : strings_.empty() ? &none
                                 : strings_.data()};
    }

   private:
    std::string name_;
    Tensor tensor_;
    assay_tensor foreign_{};
    std::vector<const char*> strings_;
    bool is_strings_ = false, is_foreign_ = false;
  };

  /// One opened input: its items by key. Movable; closes itself.
  class Reader {
   public:
    Reader(const assay_host* host, assay_ctx* ctx, assay_reader* reader)
        : host_(host), ctx_(ctx), reader_(reader) {}
    Reader(Reader&& other) noexcept
        : host_(other.host_), ctx_(other.ctx_), reader_(std::exchange(other.reader_, nullptr)) {}
    Reader(const Reader&) = delete;
    Reader& operator=(Reader&&) = delete;
    ~Reader() {
      if (reader_) host_->close(reader_);
    }

    size_t count() const { return host_->count(reader_); }
    std::string key(size_t i) const { return about(i).first; }
    bool has(const std::string& key) const { return find(key) < count(); }
    std::vector<int64_t> shape(const std::string& key) const {
      const auto t = about(index(key)).second;
      return {t.shape, t.shape + t.ndim};
    }
    assay_dtype dtype(const std::string& key) const { return about(index(key)).second.dtype; }

    /// All elements of `key`, in row-major order. The item's type must be T exactly.
    template <class T>
    std::vector<T> read(const std::string& key) const {
      const size_t i = index(key);
      const auto t = about(i).second;
      if (!detail::same(t.dtype, detail::dtype<T>()))
        throw Error(ASSAY_INVALID_ARGUMENT, "\"" + key + "\" has another type than is read here");
      int64_t n = 1;
      for (int32_t d = 0; d < t.ndim; ++d) n *= t.shape[d];
      std::vector<T> out(static_cast<size_t>(n));
      read_into(i, out.data(), t);
      return out;
    }
    /// Fills `data`, which has the dtype and the number of elements of item `i`.
    void read_into(size_t i, void* data, assay_tensor like) const {
      like.data = data;
      like.device = {ASSAY_CPU, 0};
      like.strides = nullptr;
      check(host_->read(reader_, i, &like));
    }
    std::vector<std::string> strings(const std::string& key) const {
      const size_t i = index(key);
      const char* const* s = host_->strings(reader_, i);
      if (!s) throw Error(ASSAY_INVALID_ARGUMENT, "\"" + key + "\" does not hold strings");
      return {s, s + about(i).second.shape[0]};
    }
    /// A parameter of the run that wrote this input ("seed", "step", ... too: see assay.h).
    assay_value param(const char* name) const {
      assay_value v{};
      check(host_->params(reader_, name, &v));
      return v;
    }
    int64_t param_int(const char* name) const {
      const auto v = param(name);
      if (v.type != ASSAY_INT && v.type != ASSAY_BOOL)
        throw Error(ASSAY_INVALID_ARGUMENT, std::string(name) + " is not a whole number");
      return v.as.i;
    }
    std::pair<std::string, assay_tensor> about(size_t i) const {
      const char* key = nullptr;
      assay_tensor t{};
      check(host_->item(reader_, i, &key, &t));
      return {key, t};
    }
    size_t index(const std::string& key) const {
      const size_t i = find(key);
      if (i == count()) throw Error(ASSAY_NOT_FOUND, "the input has no item \"" + key + "\"");
      return i;
    }

   private:
    size_t find(const std::string& key) const {
      const size_t n = count();
      for (size_t i = 0; i < n; ++i)
        if (about(i).first == key) return i;
      return n;
    }
    void check(assay_status status) const {
      if (status == ASSAY_OK) return;
      const char* why = host_->error(ctx_);
      throw Error(status, why ? why : "the host refused");
    }
    const assay_host* host_;
    assay_ctx* ctx_;
    assay_reader* reader_;
  };

  /// What a method may ask of the host during one run.
  class Job {
   public:
    explicit Job(const assay_job* job) : job_(job), host_(job->host), ctx_(job->ctx) {}

    /// A key for a named purpose: adding a draw for one never shifts another.
    uint64_t key(const std::string& purpose) const { return host_->stream(ctx_, purpose.c_str()); }
    Stream stream(const std::string& purpose) const { return Stream(key(purpose)); }
    uint64_t seed() const { return job_->seed; }
    int threads() const { return job_->threads; }
    int attempt() const { return job_->attempt; }
    assay_device device() const { return job_->device; }
    std::string scratch() const { return job_->scratch; }
    std::string work() const { return job_->work; }

    void log(const std::string& message, int level = ASSAY_INFO) const {
      host_->log(ctx_, level, message.c_str());
    }
    void scalar(const std::string& name, double value) const { scalar(name, -1, value); }
    void scalar(const std::string& name, int64_t step, double value) const {
      check(host_->scalar(ctx_, name.c_str(), step, value));
    }
    void array(const std::string& name, const Tensor& t, int64_t step = -1) const {
      array(name, t.raw(), step);
    }
    void array(const std::string& name, const assay_tensor& t, int64_t step = -1) const {
      check(host_->array(ctx_, name.c_str(), step, &t));
    }
    void rows(const std::string& table, const std::vector<Column>& columns) const {
      const auto raw = raws(columns);
      check(host_->rows(ctx_, table.c_str(), raw.size(), raw.data()));
    }
    void text(const std::string& name, const std::string& value, int64_t step = -1) const {
      check(host_->text(ctx_, name.c_str(), step, value.data(), value.size()));
    }
    void file(const std::string& name, const std::string& path) const {
      check(host_->file(ctx_, name.c_str(), path.c_str()));
    }
    void save(const std::string& checkpoint, int64_t step,
              const std::vector<Column>& columns) const {
      const auto raw = raws(columns);
      check(host_->save(ctx_, checkpoint.c_str(), step, raw.size(), raw.data()));
    }

    uint32_t poll() const { return host_->poll(ctx_); }
    void progress(const char* phase, int64_t done, int64_t total,
                  const char* note = nullptr) const {
      host_->progress(ctx_, phase, done, total, note);
    }
    /// Reports progress, and leaves the method if the user cancelled it. For methods without a
    /// checkpoint; a resumable one polls and saves first.
    void tick(const char* phase, int64_t done, int64_t total) const {
      progress(phase, done, total);
      if (poll() & ASSAY_STOP) stop();
    }
    [[noreturn]] void stop() const { throw Error(ASSAY_CANCELLED, "cancelled"); }
    /// For a resumable method, once a step: calls `save()` if the host asks for a checkpoint or for
    /// the end, and leaves the method in the latter case.
    template <class Save>
    void yield(Save&& save) const {
      const uint32_t asked = poll();
      if (asked & (ASSAY_STOP | ASSAY_SAVE_NOW)) save();
      if (asked & ASSAY_STOP) stop();
    }
    void warn(const std::string& message) const { log(message, ASSAY_WARN); }

    size_t inputs(const std::string& name) const { return host_->inputs(ctx_, name.c_str()); }
    std::string path(const std::string& name, size_t index = 0) const {
      const char* p = host_->path(ctx_, name.c_str(), index);
      if (!p) throw Error(ASSAY_NOT_FOUND, "input \"" + name + "\" has no path");
      return p;
    }
    /// Of an input of kind DIR: whether it is a path, and not the checkpoint of another run.
    bool has_path(const std::string& name, size_t index = 0) const {
      return host_->path(ctx_, name.c_str(), index) != nullptr;
    }
    Reader open(const std::string& name, size_t index = 0) const {
      assay_reader* reader = nullptr;
      check(host_->open(ctx_, name.c_str(), index, &reader));
      return {host_, ctx_, reader};
    }
    /// The run's own latest checkpoint `name`, or false if this is the first attempt that got here.
    bool has_checkpoint(const std::string& name) const {
      assay_reader* reader = nullptr;
      const auto status = host_->open(ctx_, ("@" + name).c_str(), 0, &reader);
      if (status == ASSAY_NOT_FOUND) return false;
      check(status);
      host_->close(reader);
      return true;
    }
    const assay_job* raw() const { return job_; }

   private:
    static std::vector<assay_column> raws(const std::vector<Column>& columns) {
      std::vector<assay_column> raw;
      for (const auto& c : columns) raw.push_back(c.raw());
      return raw;
    }
    void check(assay_status status) const {
      if (status == ASSAY_OK) return;
      const char* why = host_->error(ctx_);
      throw Error(status, why ? why : "the host refused");
    }
    const assay_job* job_;
    const assay_host* host_;
    assay_ctx* ctx_;
  };

  namespace detail {
  template <class T>
  struct Element;  // the ABI's type of one element
  template <>
  struct Element<bool> {
    static constexpr assay_type kType = ASSAY_BOOL;
  };
  template <>
  struct Element<int64_t> {
    static constexpr assay_type kType = ASSAY_INT;
  };
  template <>
  struct Element<double> {
    static constexpr assay_type kType = ASSAY_REAL;
  };
  template <>
  struct Element<std::string> {
    static constexpr assay_type kType = ASSAY_STRING;
  };
  template <class T>
  struct IsList : std::false_type {};
  template <class T>
  struct IsList<std::vector<T>> : std::true_type {};

  /// Says in a sentence which field types a parameter may have.
  template <class T>
  constexpr void require_scalar() {
    constexpr bool is_bool = std::is_same_v<T, bool>, is_real = std::is_same_v<T, double>,
                   is_int = std::is_same_v<T, int64_t>, is_string = std::is_same_v<T, std::string>;
    static_assert(is_bool || is_int || !std::is_integral_v<T>,
                  "a parameter that is a whole number must be declared int64_t: use int64_t");
    static_assert(is_real || !std::is_floating_point_v<T>,
                  "a parameter that is a real number must be declared double: use double");
    static_assert(!std::is_same_v<T, const char*> && !std::is_same_v<T, char*>,
                  "a parameter that is text must be declared std::string: use std::string");
    static_assert(is_bool || is_int || is_real || is_string || std::is_arithmetic_v<T> ||
                      std::is_pointer_v<T>,
                  "a parameter is a bool, int64_t, double, std::string, or a std::vector of one");
  }

  /// Storage for default values and choices: it lives as long as the library.
  struct Arena {
    std::deque<std::string> strings;
    std::deque<std::vector<int64_t>> ints;
    std::deque<std::vector<double>> reals;
    std::deque<std::vector<const char*>> lists;
    const char* keep(const std::string& s) { return strings.emplace_back(s).c_str(); }
  };

  inline void put(assay_value& v, bool x, Arena&) { v.type = ASSAY_BOOL, v.as.i = x; }
  inline void put(assay_value& v, int64_t x, Arena&) { v.type = ASSAY_INT, v.as.i = x; }
  inline void put(assay_value& v, double x, Arena&) { v.type = ASSAY_REAL, v.as.f = x; }
  inline void put(assay_value& v, const std::string& x, Arena& arena) {
    v.type = ASSAY_STRING, v.as.s = arena.keep(x);
  }
  template <class T>
  void put(assay_value& v, const std::vector<T>& x, Arena& arena) {
    v.type = Element<T>::kType + 16;
    v.count = static_cast<int32_t>(x.size());
    if constexpr (std::is_same_v<T, double>) {
      v.as.fs = arena.reals.emplace_back(x).data();
    } else if constexpr (std::is_same_v<T, std::string>) {
      auto& list = arena.lists.emplace_back();
      for (const auto& s : x) list.push_back(arena.keep(s));
      v.as.ss = list.data();
    } else {
      v.as.is = arena.ints.emplace_back(x.begin(), x.end()).data();
    }
  }

  inline void get(const assay_value& v, bool& x) { x = v.as.i != 0; }
  inline void get(const assay_value& v, int64_t& x) { x = v.as.i; }
  inline void get(const assay_value& v, double& x) { x = v.as.f; }
  inline void get(const assay_value& v, std::string& x) { x = v.as.s; }
  template <class T>
  void get(const assay_value& v, std::vector<T>& x) {
    if constexpr (std::is_same_v<T, double>) {
      x.assign(v.as.fs, v.as.fs + v.count);
    } else if constexpr (std::is_same_v<T, std::string>) {
      x.assign(v.as.ss, v.as.ss + v.count);
    } else {
      x.assign(v.as.is, v.as.is + v.count);
    }
  }

  template <class M, class = void>
  struct HasCheck : std::false_type {};
  template <class M>
  struct HasCheck<M, std::void_t<decltype(std::declval<const M&>().check())>> : std::true_type {};
  template <class M, class = void>
  struct HasEstimate : std::false_type {};
  template <class M>
  struct HasEstimate<M, std::void_t<decltype(std::declval<const M&>().estimate())>>
      : std::true_type {};
  }  // namespace detail

  /// Collects one method's schema. The default of a parameter is the initial value of its field.
  /// A method may also have `void check() const` (throws Error with one sentence about a
  /// combination of parameters) and `assay_estimate estimate() const`.
  template <class M>
  class Schema {
   public:
    class Param {
     public:
      Param(assay_param& p, Schema& s) : p_(p), s_(s) {}
      template <class T>
      Param& min(T x) {
        return bound(p_.min, x);
      }
      template <class T>
      Param& max(T x) {
        return bound(p_.max, x);
      }
      Param& above(double x) {
        p_.flags |= ASSAY_OPEN_MIN;
        return min(x);
      }
      Param& below(double x) {
        p_.flags |= ASSAY_OPEN_MAX;
        return max(x);
      }
      Param& unit(const char* u) {
        p_.unit = u;
        return *this;
      }
      Param& required() {
        p_.flags |= ASSAY_REQUIRED;
        p_.fallback = {};
        return *this;
      }
      /// It cannot change results, and does not enter a run's identity.
      Param& cosmetic() {
        p_.flags |= ASSAY_COSMETIC;
        return *this;
      }
      Param& choices(std::initializer_list<const char*> names) {
        p_.choices = list(names);
        return *this;
      }
      /// Earlier names, oldest first.
      Param& aliases(std::initializer_list<const char*> names) {
        p_.aliases = list(names);
        return *this;
      }
      /// Added when the method's identity was `identity`; equal to `neutral`, it changes nothing.
      template <class T>
      Param& since(int32_t identity, const T& neutral) {
        p_.since = identity;
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
          bound(p_.neutral, neutral);
        } else if constexpr (std::is_convertible_v<T, std::string>) {
          detail::put(p_.neutral, std::string(neutral), s_.arena_);
        } else {
          detail::put(p_.neutral, neutral, s_.arena_);
        }
        return *this;
      }

     private:
      const char* const* list(std::initializer_list<const char*> names) {
        auto& l = s_.arena_.lists.emplace_back(names);
        l.push_back(nullptr);
        return l.data();
      }
      template <class T>
      Param& bound(assay_value& v, T x) {
        v.type = p_.type & 15;
        if (v.type == ASSAY_REAL)
          v.as.f = static_cast<double>(x);
        else
          v.as.i = static_cast<int64_t>(x);
        return *this;
      }
      assay_param& p_;
      Schema& s_;
    };

    class Port {
     public:
      Port& unit(const char* u) {
        raw.unit = u;
        return *this;
      }
      /// What the content is, so that an edge to something else is refused: docs/experiments.md.
      Port& format(const char* f) {
        raw.format = f;
        return *this;
      }
      /// Declares one column: `type` is ASSAY_BOOL, ASSAY_INT, ASSAY_REAL or ASSAY_STRING.
      Port& column(const char* name, assay_type type, const char* doc = "",
                   const char* unit = nullptr) {
        columns.push_back({sizeof(assay_field), 0, name, doc, unit, type, 0});
        return *this;
      }

      assay_port raw{};
      std::deque<assay_field> columns;
      std::vector<const assay_field*> column_list;
    };

    Schema& summary(const char* text) {
      method_.summary = text;
      return *this;
    }
    Schema& doc(const char* text) {
      method_.doc = text;
      return *this;
    }
    Schema& flag(uint32_t f) {
      method_.flags |= f;
      return *this;
    }
    /// Raised when the meaning of the results changes; starts at 1.
    Schema& identity(int32_t n) {
      method_.identity = n;
      return *this;
    }

    /// Declares the parameter that `field` of M, or of a struct M derives from, holds.
    template <class T, class Owner>
    Param param(const char* name, T Owner::*field, const char* doc) {
      static_assert(std::is_base_of_v<Owner, M>, "a parameter is a field of the method's struct");
      if constexpr (detail::IsList<T>::value)
        detail::require_scalar<typename T::value_type>();
      else
        detail::require_scalar<T>();
      auto& p = params_.emplace_back();
      p.struct_size = sizeof p;
      p.name = name;
      p.doc = doc;
      detail::put(p.fallback, M{}.*field, arena_);
      p.type = p.fallback.type;
      set_.push_back([field](M& m, const assay_value& v) { detail::get(v, m.*field); });
      return Param(p, *this);
    }
    Port& input(const char* name, assay_kind kind, const char* doc, uint32_t flags = 0) {
      return port(inputs_, name, kind, doc, flags);
    }
    Port& output(const char* name, assay_kind kind, const char* doc, uint32_t flags = 0) {
      return port(outputs_, name, kind, doc, flags);
    }

    /// The finished descriptor. Called once.
    const assay_method* seal(const char* name) {
      for (auto& p : params_) param_list_.push_back(&p);
      param_list_.push_back(nullptr);
      method_.struct_size = sizeof method_;
      method_.name = name;
      method_.params = param_list_.data();
      method_.inputs = seal(inputs_, input_list_);
      method_.outputs = seal(outputs_, output_list_);
      method_.run = &Schema::run;
      if constexpr (detail::HasCheck<M>::value) method_.check = &Schema::check;
      if constexpr (detail::HasEstimate<M>::value) method_.estimate = &Schema::estimate;
      return &method_;
    }
    static Schema& instance() {
      static Schema* s = new Schema;  // outlives every destructor
      return *s;
    }

   private:
    Schema() { method_.identity = 1; }

    M fill(const assay_value* values) const {
      M method{};
      for (size_t i = 0; i < set_.size(); ++i) set_[i](method, values[i]);
      return method;
    }
    static assay_status run(const assay_job* job) ASSAY_NOEXCEPT {
      return contain(
          [job] {
            if (job->param_count != instance().set_.size())
              throw Error(ASSAY_CONTRACT, "wrong number of parameters");
            const M method = instance().fill(job->params);
            Job handle(job);
            method.run(handle);
          },
          [job](assay_status s, const char* why) { return job->host->fail(job->ctx, s, why); });
    }
    static assay_status check(const assay_value* values, char* why, size_t size) ASSAY_NOEXCEPT {
      return contain([values] { instance().fill(values).check(); },
                     [why, size](assay_status s, const char* text) {
                       if (size) {
                         std::strncpy(why, text, size - 1);
                         why[size - 1] = '\0';
                       }
                       return s;
                     });
    }
    static assay_status estimate(const assay_value* values, assay_estimate* out) ASSAY_NOEXCEPT {
      return contain([values, out] { *out = instance().fill(values).estimate(); },
                     [](assay_status s, const char*) { return s; });
    }
    Port& port(std::deque<Port>& list, const char* name, assay_kind kind, const char* doc,
               uint32_t flags) {
      auto& p = list.emplace_back();
      p.raw.struct_size = sizeof p.raw;
      p.raw.name = name;
      p.raw.doc = doc;
      p.raw.kind = kind;
      p.raw.flags = flags;
      return p;
    }
    static const assay_port* const* seal(std::deque<Port>& ports,
                                         std::vector<const assay_port*>& list) {
      for (auto& p : ports) {
        for (const auto& column : p.columns) p.column_list.push_back(&column);
        p.column_list.push_back(nullptr);
        if (!p.columns.empty()) p.raw.fields = p.column_list.data();
        list.push_back(&p.raw);
      }
      list.push_back(nullptr);
      return list.data();
    }

    assay_method method_{};
    detail::Arena arena_;
    std::deque<assay_param> params_;
    std::deque<Port> inputs_, outputs_;
    std::vector<std::function<void(M&, const assay_value&)>> set_;
    std::vector<const assay_param*> param_list_;
    std::vector<const assay_port*> input_list_, output_list_;
  };

  /// The finished descriptor of method M.
  template <class M>
  const assay_method* sealed() {
    auto& s = Schema<M>::instance();
    M::describe(s);
    return s.seal(M::name);
  }
  /// The same of a method in another file, where ASSAY_METHOD defines this.
  template <class M>
  const assay_method* elsewhere();

  struct About {
    const char *name, *version, *summary, *citation = "", *build = ASSAY_BUILD;
  };

  /// The descriptor tree of a plugin; NULL if it cannot be built.
  template <const assay_method* (*... Sealed)()>
  const assay_plugin* plugin(const About& about) noexcept {
    try {
      static const assay_method* const methods[] = {Sealed()..., nullptr};
      static assay_plugin p{};
      p.struct_size = sizeof p;
      p.abi_major = ASSAY_ABI_MAJOR;
      p.abi_minor = ASSAY_ABI_MINOR;
      p.name = about.name;
      p.version = about.version;
      p.summary = about.summary;
      p.citation = about.citation;
      p.build = about.build;
      p.methods = methods;
      return &p;
    } catch (...) {
      return nullptr;
    }
  }

  namespace detail {
  template <class... M>
  struct Methods {
    static const assay_plugin* here(const About& about) noexcept {
      return plugin<&sealed<M>...>(about);
    }
    static const assay_plugin* elsewhere(const About& about) noexcept {
      return plugin<&v0::elsewhere<M>...>(about);
    }
  };
  }  // namespace detail

  }  // namespace v0
}  // namespace assay

/// The one line that makes a library a plugin: ASSAY_PLUGIN((assay::About{...}), Method, ...)
#define ASSAY_PLUGIN(about, ...)                                                            \
  extern "C" ASSAY_EXPORT const assay_plugin* assay_plugin_v0(const assay_host*) noexcept { \
    return ::assay::detail::Methods<__VA_ARGS__>::here(about);                              \
  }

/// For a plugin with one file a method: each ends in ASSAY_METHOD(Method), and plugin.cpp declares
/// the structs and lists them in ASSAY_PLUGIN_OF((assay::About{...}), Method, ...).
#define ASSAY_METHOD(M)                         \
  template <>                                   \
  const assay_method* ::assay::elsewhere<M>() { \
    return ::assay::sealed<M>();                \
  }
#define ASSAY_PLUGIN_OF(about, ...)                                                         \
  extern "C" ASSAY_EXPORT const assay_plugin* assay_plugin_v0(const assay_host*) noexcept { \
    return ::assay::detail::Methods<__VA_ARGS__>::elsewhere(about);                         \
  }
