// Method `etd_eval`: what a network trained with example-tied dropout knows with its memorisation
// channels on, off, and under another example's identity; and the smaller network that is deployed.
#include "plugins/localization/set.hpp"
#include "plugins/localization/sites.hpp"

#include <numeric>

namespace localization {

struct EtdEval {
  static constexpr const char* name = "etd_eval";
  std::vector<std::string> eval_modes{"tied", "test", "drop", "drop_scaled", "wrong_id"};
  bool bn_recalibrate = false;

  static void describe(assay::Schema<EtdEval>& s) {
    s.summary("Accuracies with the memorisation channels on, off and under a wrong identity");
    s.flag(ASSAY_USES_GPU);
    s.param("eval_modes", &EtdEval::eval_modes,
            "tied: own channels on; test: memorisation channels times p_mem; drop: off; "
            "drop_scaled: off, the others times (p_gen + p_mem) / p_gen, as the released code; "
            "wrong_id: those of another random example on");
    s.param("bn_recalibrate", &EtdEval::bn_recalibrate,
            "collects batch norm's running statistics anew, with the memorisation channels off, "
            "before modes drop and drop_scaled are evaluated and the network is deployed");

    s.input("data", ASSAY_RUN, "a run of localization.data");
    s.input("model", ASSAY_CHECKPOINT, "a network of localization.etd_train")
        .format("image_classifier");

    s.output("modes", ASSAY_TABLE, "accuracies in long form")
        .column("mode", ASSAY_STRING)
        .column("set", ASSAY_STRING,
                "clean, memorised, true label (the memorised examples, by their true label), test")
        .column("accuracy", ASSAY_REAL);
    for (const char* metric : {"clean/*", "memorised/*", "true_label/*", "test/*"})
      s.output(metric, ASSAY_SCALAR, "accuracy by mode");
    s.output("gap/*", ASSAY_SCALAR, "clean less test accuracy, by mode", ASSAY_LOWER_IS_BETTER);
    s.output("deployed/*", ASSAY_SCALAR,
             "clean, memorised, true_label, test, gap of the network as it is deployed: drop with "
             "example-tied dropout, the plain network with a baseline",
             ASSAY_HEADLINE);
    s.output("trained/*", ASSAY_SCALAR,
             "clean and memorised as it was trained: tied, or the plain network");
    s.output("deployed", ASSAY_CHECKPOINT, "the network of generalisation channels alone")
        .format("image_classifier");
    s.output("deployed_difference", ASSAY_SCALAR,
             "greatest difference of a logit on the test set between that network and mode drop");
    s.output("deployed_parameters", ASSAY_SCALAR, "its share of the parameters");
  }

  void check() const {
    for (const auto& mode : eval_modes) site_mode(mode);
  }

  void run(assay::Job& job) const;

 private:
  static SiteMode site_mode(const std::string& name);
};

namespace {

/// For each of n examples another one, uniformly.
at::Tensor other_ids(int64_t n, assay::Stream stream) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < n; ++i)
    ids.push_back((i + 1 + static_cast<int64_t>(stream.below(static_cast<uint64_t>(n - 1)))) % n);
  return at::tensor(ids);
}

/// Training examples for T test examples to pass for.
at::Tensor any_ids(int64_t count, int64_t n, assay::Stream stream) {
  std::vector<int64_t> ids(static_cast<size_t>(count));
  for (auto& id : ids) id = static_cast<int64_t>(stream.below(static_cast<uint64_t>(n)));
  return at::tensor(ids);
}

/// One pass over the training images with the memorisation channels off: batch norm's running
/// statistics become the mean over its batches.
void recalibrate(Sites& net, const assay::train::Examples& data) {
  const at::NoGradGuard no_grad;
  net.set_mode(SiteMode::drop);
  for (auto& m : net.network().modules(false))
    if (auto* norm = dynamic_cast<torch::nn::BatchNorm2dImpl*>(m.get())) {
      norm->reset_running_stats();
      norm->options.momentum(std::nullopt);
      norm->train();
    }
  constexpr int64_t kBatch = 256;
  for (int64_t at = 0; at + 1 < data.size(); at += kBatch)
    net.forward(data.slice(at, std::min(kBatch, data.size() - at)), {});
}

class Evaluation {
 public:
  Evaluation(const assay::Job& job, const Set& set, Sites& net) : job_(job), set_(set), net_(net) {}

  /// Logs a mode's accuracies; `as` names it, and `also` a second time.
  void log(const std::string& as, SiteMode mode, const at::Tensor& ids, const at::Tensor& test_ids,
           const std::string& also) {
    net_.set_mode(mode);
    const assay::train::Forward forward = [this](const at::Tensor& x, const at::Tensor& i) {
      return net_.forward(x, i);
    };
    const auto s = shares(set_, assay::train::predict(forward, set_.train, ids));
    const auto add = [&](const char* metric, const char* set, double accuracy) {
      job_.scalar(std::string(metric) + "/" + as, accuracy);
      if (!also.empty()) job_.scalar(also + "/" + metric, accuracy);
      if (!set) return;
      modes_.push_back(as);
      sets_.emplace_back(set);
      accuracies_.push_back(accuracy);
    };
    add("clean", "clean", s.clean);
    add("memorised", "memorised", s.memorised);
    if (also == "trained") return;
    add("true_label", "true label", s.true_label);
    if (mode == SiteMode::tied && !test_ids.defined()) return;
    const auto right = assay::train::predict(forward, set_.test, test_ids).eq(set_.test.labels);
    const double test = right.to(at::kDouble).mean().item<double>();
    add("test", "test", test);
    add("gap", nullptr, s.clean - test);
  }
  void finish() const {
    job_.rows("modes", {{"mode", modes_}, {"set", sets_}, {"accuracy", accuracies_}});
  }

 private:
  const assay::Job& job_;
  const Set& set_;
  Sites& net_;
  std::vector<std::string> modes_, sets_;
  std::vector<double> accuracies_;
};

/// The smaller network, and how far it is from the masked one.
void deploy(const assay::Job& job, const Set& set, Sites& net, assay::nn::ClassifierConfig config) {
  if (!net.deployable() ||
      net.options().etd_layers != assay::nn::example_tied_segments(config.model)) {
    job.log(
        "no smaller network to deploy: it takes example-tied dropout in the paper's places, "
        "with a generalisation channel in each");
    return;
  }
  const at::NoGradGuard no_grad;
  config.kept = net.options().p_gen;
  const auto part = assay::nn::make_classifier(config);
  assay::nn::cut_into(net.network(), *part);
  part->to(set.test.images.device());
  part->eval();
  net.set_mode(SiteMode::drop);
  double difference = 0;
  constexpr int64_t kBatch = 512;
  for (int64_t at = 0; at < set.test.size(); at += kBatch) {
    const auto x = set.test.slice(at, std::min(kBatch, set.test.size() - at));
    const auto d = (part->forward(x) - net.forward(x, {})).abs().max().item<double>();
    difference = std::max(difference, d);
  }
  const auto count = [](const torch::nn::Module& m) {
    int64_t n = 0;
    for (const auto& p : m.parameters()) n += p.numel();
    return static_cast<double>(n);
  };
  job.scalar("deployed_difference", difference);
  job.scalar("deployed_parameters", count(*part) / count(net.network()));
  assay::nn::save_classifier(job, "deployed", 0, config, *part);
}

}  // namespace

SiteMode EtdEval::site_mode(const std::string& mode) {
  if (mode == "tied" || mode == "wrong_id") return SiteMode::tied;
  if (mode == "test") return SiteMode::test;
  if (mode == "drop") return SiteMode::drop;
  if (mode == "drop_scaled") return SiteMode::drop_scaled;
  throw assay::Error(ASSAY_INVALID_ARGUMENT,
                     "eval_modes: there is no mode \"" + mode +
                         "\"; allowed are tied, test, drop, drop_scaled, wrong_id");
}

void EtdEval::run(assay::Job& job) const {
  // Load the network and what acts in it.
  const auto device = assay::begin(job);
  const auto set = read_set(job.open("data"), device);
  const auto checkpoint = job.open("model");
  const auto config = assay::nn::read_config(checkpoint);
  assay::train::check_fits(set.train, config);
  const auto network = assay::nn::make_classifier(config);
  assay::nn::load_weights(checkpoint, *network);
  network->to(device);
  if (!checkpoint.has("sites"))
    throw std::invalid_argument("the model was not trained by localization.etd_train");
  const auto options = site_options(checkpoint.strings("sites").at(0));
  Sites net(job, network, config, options, set.size());

  // Evaluate it in every mode, those without memorisation channels last; a baseline has one mode.
  Evaluation evaluation(job, set, net);
  if (options.regulariser == "etd") {
    const auto others = other_ids(set.size(), job.stream("wrong_id")).to(device),
               any = any_ids(set.test.size(), set.size(), job.stream("wrong_id test")).to(device);
    for (const bool dropped : {false, true}) {
      if (dropped && bn_recalibrate) recalibrate(net, set.train);
      for (const auto& mode : eval_modes) {
        if (mode.starts_with("drop") != dropped) continue;
        const bool wrong = mode == "wrong_id";
        evaluation.log(mode, site_mode(mode), wrong ? others : at::Tensor(),
                       wrong ? any : at::Tensor(),
                       mode == "tied"   ? "trained"
                       : mode == "drop" ? "deployed"
                                        : "");
      }
    }
  } else {
    evaluation.log("test", SiteMode::test, {}, {}, "deployed");
    const auto plain =
        shares(set, assay::train::predict(
                        [&](const at::Tensor& x, const at::Tensor& i) { return net.forward(x, i); },
                        set.train));
    job.scalar("trained/clean", plain.clean);
    job.scalar("trained/memorised", plain.memorised);
  }
  evaluation.finish();

  // Cut the network down to what is deployed.
  deploy(job, set, net, config);
}

}  // namespace localization

ASSAY_METHOD(localization::EtdEval)
