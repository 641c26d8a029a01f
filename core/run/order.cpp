#include "core/run/order.hpp"

namespace assay {

Json to_json(const Order& o) {
  Json inputs = Json::array();
  for (const auto& input : o.inputs) {
    Json items = Json::array();
    for (const auto& item : input.items)
      items.push_back({{"archive", item.archive.string()},
                       {"port", item.port},
                       {"kind", item.port_kind},
                       {"path", item.path.string()}});
    inputs.push_back({{"name", input.name}, {"items", std::move(items)}});
  }
  return {{"id", o.id},
          {"method", o.method},
          {"folder", o.folder.string()},
          {"attempt", o.attempt},
          {"params", o.params},
          {"seed", o.seed},
          {"threads", o.threads},
          {"gpus", o.gpus},
          {"cores", o.cores},
          {"every", o.checkpoint_every},
          {"inputs", std::move(inputs)}};
}

Order order_from_json(const Json& d) {
  Order o;
  o.id = d.at("id");
  o.method = d.at("method");
  o.folder = d.at("folder").get<std::string>();
  o.attempt = d.at("attempt");
  o.params = d.at("params");
  o.seed = d.at("seed");
  o.threads = d.at("threads");
  o.gpus = d.at("gpus");
  o.cores = d.at("cores").get<std::vector<int>>();
  o.checkpoint_every = d.at("every");
  for (const auto& input : d.at("inputs")) {
    OrderInput& in = o.inputs.emplace_back();
    in.name = input.at("name");
    for (const auto& item : input.at("items"))
      in.items.push_back({item.at("archive").get<std::string>(), item.at("port"), item.at("kind"),
                          item.at("path").get<std::string>()});
  }
  return o;
}

}  // namespace assay
