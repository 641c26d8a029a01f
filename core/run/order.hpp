// What a run's process is told: everything it needs and nothing it must look up.
#pragma once
#include "core/base/files.hpp"
#include "core/base/json.hpp"

#include <assay/assay.h>

#include <string>
#include <vector>

namespace assay {

/// One item of an input: the archive of an upstream run, or a path outside.
struct OrderItem {
  fs::path archive;          // run.h5, or empty
  std::string port;          // of the upstream run, with its selector: "model@step=300", "results"
  assay_kind port_kind = 0;  // of the upstream output
  fs::path path;             // of an external file or folder
};

struct OrderInput {
  std::string name;
  std::vector<OrderItem> items;
};

struct Order {
  std::string id, method;
  fs::path folder;  // of the run, absolute
  int attempt = 1;
  Json params;
  uint64_t seed = 0;
  int threads = 1;
  std::string gpus;             // CUDA_VISIBLE_DEVICES; "": none
  std::vector<int> cores;       // that it may use; empty: any
  double checkpoint_every = 0;  // seconds
  std::vector<OrderInput> inputs;
};

Json to_json(const Order& order);
Order order_from_json(const Json& document);  // throws Json::exception

}  // namespace assay
