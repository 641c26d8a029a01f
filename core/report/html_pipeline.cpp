// The page's picture of the stages: boxes in layers, joined by the inputs of their runs.
#include "core/report/escape.hpp"
#include "core/report/html.hpp"
#include "core/report/text_grid.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

struct Box {
  const StageInfo* stage;
  size_t layer = 0, points = 0, complete = 0;
  double x = 0, y = 0, width = 0;
  std::set<size_t> from;
};

std::vector<Box> boxes_of(const Plan& plan, const Frame& frame) {
  std::vector<Box> boxes;
  std::map<std::string, size_t> by_name;
  for (const auto& stage : plan.stages) {
    by_name[stage.name] = boxes.size();
    boxes.push_back({.stage = &stage});
  }
  std::map<std::string, size_t> stage_of_run;  // the first that has it
  std::vector<std::set<size_t>> runs(boxes.size());
  for (const auto& row : frame.rows()) {
    const size_t b = by_name.at(row.point->stage);
    stage_of_run.try_emplace(row.run->id, b);
    if (!runs[b].insert(row.index).second) continue;
    ++boxes[b].points;
    boxes[b].complete += row.complete();
  }
  for (const auto& row : frame.rows())
    for (const auto& id : row.run->upstream())
      if (const auto at = stage_of_run.find(id); at != stage_of_run.end())
        if (const size_t b = by_name.at(row.point->stage); b != at->second)
          boxes[b].from.insert(at->second);
  for (size_t round = 0; round < boxes.size(); ++round)
    for (auto& b : boxes)
      for (const size_t up : b.from) b.layer = std::max(b.layer, boxes[up].layer + 1);
  return boxes;
}

constexpr double kHeight = 58, kGapY = 22, kGapX = 64, kLetter = 7.6;

std::pair<double, double> place(std::vector<Box>& boxes) {
  size_t layers = 0;
  for (const auto& b : boxes) layers = std::max(layers, b.layer + 1);
  double x = 4, tallest = 0;
  for (size_t layer = 0; layer < layers; ++layer) {
    double y = 4, width = 0;
    for (auto& b : boxes) {
      if (b.layer != layer) continue;
      const size_t letters = std::max(display_width(b.stage->name) + 2,
                                      display_width(b.stage->plugin + "." + b.stage->method));
      b.width = std::max(110.0, 26 + kLetter * static_cast<double>(letters));
      width = std::max(width, b.width);
      b.x = x;
      b.y = y;
      y += kHeight + kGapY;
    }
    tallest = std::max(tallest, y - kGapY);
    for (auto& b : boxes)
      if (b.layer == layer) b.width = width;
    x += width + kGapX;
  }
  for (size_t layer = 0; layer < layers; ++layer) {  // centre each layer
    double bottom = 0;
    for (const auto& b : boxes)
      if (b.layer == layer) bottom = std::max(bottom, b.y + kHeight);
    for (auto& b : boxes)
      if (b.layer == layer) b.y += (tallest - bottom) / 2;
  }
  return {x - kGapX + 4, tallest + 4};
}

}  // namespace

std::string pipeline_section(const Plan& plan, const Frame& frame) {
  if (plan.stages.empty()) return "";
  auto boxes = boxes_of(plan, frame);
  const auto [width, height] = place(boxes);
  std::string out = fmt::format(
      "<section id=\"pipeline\">\n<h2>Pipeline</h2>\n<div class=\"scroll\"><svg class=\"pipeline\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\" "
      "aria-label=\"stages and what feeds them\">\n",
      width, height);
  for (const auto& b : boxes)
    for (const size_t up : b.from) {
      const Box& a = boxes[up];
      const double x1 = a.x + a.width, y1 = a.y + kHeight / 2, x2 = b.x, y2 = b.y + kHeight / 2;
      out += fmt::format("<path d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}\"/>\n",
                         x1, y1, (x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2, y2);
    }
  for (const auto& b : boxes)
    out += fmt::format(
        "<g class=\"{}\"><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\" "
        "rx=\"6\"/><text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text><text x=\"{:.1f}\" "
        "y=\"{:.1f}\">{}</text><text x=\"{:.1f}\" y=\"{:.1f}\">{} of {} runs</text></g>\n",
        b.complete == b.points ? "done" : "open", b.x, b.y, b.width, kHeight, b.x + 12, b.y + 20,
        escape_html(b.stage->name), b.x + 12, b.y + 36,
        escape_html(b.stage->plugin + "." + b.stage->method), b.x + 12, b.y + 50, b.complete,
        b.points);
  return out + "</svg></div>\n</section>\n";
}

}  // namespace assay
