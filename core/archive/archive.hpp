// run.h5: reading it, and publishing it from a journal. No HDF5 type appears outside this folder.
#pragma once
#include "core/archive/array.hpp"
#include "core/base/files.hpp"
#include "core/base/json.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay {

/// One opened run.h5 (or any HDF5 file, for items() and read()). One object is for one thread at a
/// time; different ones may be used, and archives published, from several threads.
class Archive {
 public:
  /// Throws BadInput: "PATH is not a readable archive: why".
  explicit Archive(const fs::path& file);
  ~Archive();
  Archive(Archive&&) noexcept;

  struct Item {
    std::string path;  // "metrics/loss/value", "tables/T/COL", "checkpoints/model/30/conv.weight"
    assay_dtype dtype;
    std::vector<int64_t> shape;
  };
  const std::vector<Item>& items() const;  // every dataset, sorted by path
  bool has(const std::string& path) const;
  Array read(const std::string& path) const;  // throws Failure
  void read_into(const std::string& path, void* data, size_t bytes) const;
  std::vector<std::string> children(const std::string& group) const;

  /// Attributes of the root: run_id, method, state, outcome, ...; and of /provenance.
  std::string state() const;    // complete, failed, interrupted, cancelled
  std::string outcome() const;  // ok, diverged
  Json attributes(const std::string& path = "/") const;
  std::string text(const std::string& path) const;  // a scalar string dataset
  std::string output_digest() const;

  /// Of a series: the value at `selector` (last, best, min, mean(n), step=N). NaN-aware; nullopt
  /// when the series is missing or has no such step.
  std::optional<double> metric(const std::string& name, const std::string& selector = "last",
                               bool lower_is_better = false) const;
  std::vector<int64_t> checkpoint_steps(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What the supervisor knows of a run and the journal does not; becomes attributes, /config and
/// /provenance.
struct RunRecord {
  std::string id, plugin, method, canonical;
  int identity = 1;
  Json params;  // object
  uint64_t seed = 0;
  Json inputs;  // object: port -> list of {run, port} or {sha256, path}
  Json schema;  // the method's outputs: name -> {unit, doc, direction}
  std::string experiment_toml;
  Json provenance;                 // object of scalars and short strings
  std::string state = "complete";  // complete, failed, interrupted, cancelled
  std::string message;             // why it is not complete, one sentence
};

/// Turns journal, checkpoints, spilled arrays and artifacts of `folder` into run.h5: written beside
/// it, fsynced, renamed. On success of a complete run, removes what it consumed. Returns the output
/// digest. Throws Failure ("cannot write PATH: No space left on device"): nothing is lost then.
std::string publish(const fs::path& folder, const RunRecord& record);

/// Removes what a complete run.h5 has inside: journal, checkpoints, spilled arrays, run.json.
void remove_consumed(const fs::path& folder);

/// Where a run's artifact lies, relative to its folder: artifacts/NAME and the extension of the
/// file that the plugin gave.
fs::path artifact_file(const std::string& name, const std::string& original);
/// The path of artifact `name` of the run in `folder`; taken out of run.h5 again when the file is
/// gone. Throws Failure when there is none.
fs::path artifact(const fs::path& folder, const std::string& name);

/// The record that publish() stored, or that launch() left in `folder`/run.json.
void write_record(const fs::path& folder, const RunRecord& record);
std::optional<RunRecord> read_record(const fs::path& folder);

}  // namespace assay
