// Method `rewind`: the trained network with one group of layers as it was at an earlier epoch, for
// every group and epoch. A group whose rewinding undoes memorised examples is
// one that holds them.
#include "plugins/localization/answers.hpp"
#include "plugins/localization/set.hpp"
#include "plugins/localization/trajectory.hpp"

#include <algorithm>
#include <numeric>

namespace localization {

using assay::train::Examples;

struct Rewind {
  static constexpr const char* name = "rewind";
  std::vector<int64_t> rewind_epochs{0, 2, 4, 6, 8, 10, 12, 14};
  bool rewind_buffers = false;
  std::vector<std::string> groups;

  static void describe(assay::Schema<Rewind>& s) {
    s.summary("Accuracies with one group of layers as it was at an earlier epoch");
    s.flag(ASSAY_SEEDLESS | ASSAY_USES_GPU);
    s.param("rewind_epochs", &Rewind::rewind_epochs, "epochs to go back to, of those kept")
        .min(0)
        .unit("epochs");
    s.param("rewind_buffers", &Rewind::rewind_buffers,
            "takes the group's running statistics back, too; they stay those of the end otherwise");
    s.param("groups", &Rewind::groups,
            "of tensors: REGEX=NAME, as for localization.train; empty: those of the training run");

    s.input("data", ASSAY_RUN, "a run of localization.data");
    s.input("train", ASSAY_RUN, "a run of localization.train");
    s.input("model", ASSAY_CHECKPOINT, "its network").format("image_classifier");

    s.output("rewind", ASSAY_TABLE, "accuracies by group and epoch")
        .column("group", ASSAY_STRING)
        .column("layer", ASSAY_INT, "the group's place in the network, from 0")
        .column("epoch", ASSAY_INT, "that the group was taken back to")
        .column("clean", ASSAY_REAL, "accuracy on the clean training examples")
        .column("memorised", ASSAY_REAL, "on the memorised ones, by their given label")
        .column("true_label", ASSAY_REAL, "on the memorised ones, by their true label")
        .column("test", ASSAY_REAL, "on the test examples")
        .column("gap", ASSAY_REAL, "clean less memorised")
        .column("critical", ASSAY_BOOL, "whether memorised is below 0.9");
    s.output("curve", ASSAY_TABLE, "the same in long form")
        .column("group", ASSAY_STRING)
        .column("layer", ASSAY_INT)
        .column("epoch", ASSAY_INT)
        .column("set", ASSAY_STRING, "clean, memorised, true label or test")
        .column("accuracy", ASSAY_REAL);
    for (const char* metric : {"clean/*", "memorised/*", "true_label/*", "test/*"})
      s.output(metric, ASSAY_SERIES, "accuracy by group; the step is the epoch rewound to");
    s.output("critical", ASSAY_SERIES, "how many groups are critical, by epoch");
    s.output("lowest_memorised", ASSAY_SERIES,
             "by epoch, of the group whose rewinding leaves the fewest memorised examples right: "
             "their share",
             ASSAY_HEADLINE);
    s.output("lowest_gap", ASSAY_SERIES, "of that group, clean less memorised");
    s.output("lowest_from_end", ASSAY_SERIES, "its place, counted from 0 at the network's end");
  }

  void run(assay::Job& job) const;
};

namespace {

/// Images that go through the network at once.
constexpr int64_t kBatch = 256;

/// The class that the network gives each of N examples with group g as it was at epoch r, (G, R,
/// N). What comes before a group is computed once for all epochs, with the weights of the end.
class Rewinder {
 public:
  Rewinder(assay::nn::Classifier& net, const Trajectory& trajectory,
           const std::vector<Group>& groups, const std::vector<int64_t>& epochs, bool buffers)
      : net_(net), trajectory_(trajectory), epochs_(epochs) {
    for (const auto& group : groups) {
      auto names = group.parameters;
      if (buffers) names.insert(names.end(), group.buffers.begin(), group.buffers.end());
      groups_.push_back({first_segment(net, group), std::move(names)});
    }
    order_.resize(groups_.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(),
                     [this](int64_t a, int64_t b) { return at(a).first < at(b).first; });
  }

  at::Tensor predicted(const Examples& data) {
    const at::NoGradGuard no_grad;
    net_.eval();
    const auto G = static_cast<int64_t>(groups_.size()), R = static_cast<int64_t>(epochs_.size());
    const auto out = at::empty({G, R, data.size()}, data.labels.options());
    for (int64_t from = 0; from < data.size(); from += kBatch) {
      const int64_t n = std::min(kBatch, data.size() - from);
      assay::nn::Flow flow{data.slice(from, n), {}};
      size_t segment = 0;
      for (const auto g : order_) {
        for (; segment < at(g).first; ++segment) flow = net_.run(segment, flow);
        for (int64_t r = 0; r < R; ++r) {
          trajectory_.put(epochs_[static_cast<size_t>(r)], at(g).names);
          out[g][r].narrow(0, from, n).copy_(net_.forward(flow, segment).argmax(1));
        }
        trajectory_.put(trajectory_.end(), at(g).names);
      }
    }
    return out;
  }

 private:
  struct Part {
    size_t first;  // segment
    std::vector<std::string> names;
  };
  const Part& at(int64_t g) const { return groups_[static_cast<size_t>(g)]; }

  assay::nn::Classifier& net_;
  const Trajectory& trajectory_;
  const std::vector<int64_t>& epochs_;
  std::vector<Part> groups_;
  std::vector<int64_t> order_;  // of the groups, by their first segments
};

/// Accuracies with one group at one epoch.
struct Cell {
  Shares train;
  double test;
  double gap() const { return train.clean - train.memorised; }
};

/// One group's row for each epoch, in both tables and as metrics.
void log_group(const assay::Job& job, const std::string& group, int64_t layer,
               const std::vector<int64_t>& epochs, const std::vector<Cell>& cells) {
  const std::vector<std::string> sets{"clean", "memorised", "true label", "test"};
  const std::vector<std::string> metrics{"clean/", "memorised/", "true_label/", "test/"};
  for (size_t r = 0; r < epochs.size(); ++r) {
    const auto& [train, test] = cells[r];
    const std::vector<double> values{train.clean, train.memorised, train.true_label, test};
    const std::vector<std::string> name{group}, names(4, group);
    const std::vector<int64_t> place{layer}, places(4, layer), epoch{epochs[r]},
        same_epoch(4, epochs[r]);
    const auto one = [](double value) { return std::vector<double>{value}; };
    const std::vector<uint8_t> critical{train.memorised < 0.9};
    job.rows("rewind", {{"group", name},
                        {"layer", place},
                        {"epoch", epoch},
                        {"clean", one(train.clean)},
                        {"memorised", one(train.memorised)},
                        {"true_label", one(train.true_label)},
                        {"test", one(test)},
                        {"gap", one(cells[r].gap())},
                        {"critical", assay::bools(critical)}});
    job.rows("curve", {{"group", names},
                       {"layer", places},
                       {"epoch", same_epoch},
                       {"set", sets},
                       {"accuracy", values}});
    for (size_t i = 0; i < metrics.size(); ++i)
      job.scalar(metrics[i] + group, epochs[r], values[i]);
  }
}

/// For each epoch, the group whose rewinding hurts memorised examples most.
void log_lowest(const assay::Job& job, const std::vector<int64_t>& epochs,
                const std::vector<std::vector<Cell>>& cells) {
  for (size_t r = 0; r < epochs.size(); ++r) {
    size_t lowest = 0;
    int64_t critical = 0;
    for (size_t g = 0; g < cells.size(); ++g) {
      critical += cells[g][r].train.memorised < 0.9;
      if (cells[g][r].train.memorised < cells[lowest][r].train.memorised) lowest = g;
    }
    job.scalar("critical", epochs[r], static_cast<double>(critical));
    job.scalar("lowest_memorised", epochs[r], cells[lowest][r].train.memorised);
    job.scalar("lowest_gap", epochs[r], cells[lowest][r].gap());
    job.scalar("lowest_from_end", epochs[r], static_cast<double>(cells.size() - 1 - lowest));
  }
}

}  // namespace

void Rewind::run(assay::Job& job) const {
  // Load the data, the trained network and its path.
  const auto device = assay::begin(job);
  const auto set = read_set(job.open("data"), device);
  const auto config = assay::nn::read_config(job.open("model"));
  assay::train::check_fits(set.train, config);
  const auto network = assay::nn::make_classifier(config);
  network->to(device);
  const Trajectory trajectory(job.open("train"), *network);
  trajectory.check_kept(rewind_epochs);
  const auto tensor_groups = trajectory.groups(groups);

  // Take each group back to each epoch.
  Rewinder rewinder(*network, trajectory, tensor_groups, rewind_epochs, rewind_buffers);
  const auto train = rewinder.predicted(set.train), test = rewinder.predicted(set.test);

  // Compare with the labels.
  std::vector<std::vector<Cell>> cells;
  for (size_t g = 0; g < tensor_groups.size(); ++g) {
    cells.emplace_back();
    const auto at = static_cast<int64_t>(g);
    for (int64_t r = 0; r < train.size(1); ++r)
      cells[g].push_back({shares(set, train[at][r]), right(set.test, test[at][r])});
    log_group(job, tensor_groups[g].name, at, rewind_epochs, cells[g]);
  }
  log_lowest(job, rewind_epochs, cells);
}

}  // namespace localization

ASSAY_METHOD(localization::Rewind)
