// JSON by events: a digit's file is 800 000 numbers, of which no tree is built.
#include "plugins/common/data/digits.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace assay::data {
namespace {
constexpr int64_t kSide = 28;

using Json = nlohmann::json;

/// Takes {"data": [numbers]} and refuses whatever else JSON can say.
class Pixels : public nlohmann::json_sax<Json> {
 public:
  Pixels(std::vector<uint8_t>& out, const std::string& path) : out_(out), path_(path) {}

  bool number_integer(number_integer_t v) override { return pixel(static_cast<double>(v)); }
  bool number_unsigned(number_unsigned_t v) override { return pixel(static_cast<double>(v)); }
  bool number_float(number_float_t v, const string_t&) override { return pixel(v); }
  bool start_object(std::size_t) override { return next(0, 1); }
  bool key(string_t& name) override { return name == "data" ? next(1, 2) : other(); }
  bool start_array(std::size_t) override { return next(2, 3); }
  bool end_array() override { return next(3, 4); }
  bool end_object() override { return next(4, 5); }
  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool string(string_t&) override { return other(); }
  bool binary(binary_t&) override { return other(); }
  bool parse_error(std::size_t at, const std::string&, const Json::exception&) override {
    malformed(path_, "is not JSON from byte " + std::to_string(at) + " on");
  }

 private:
  [[noreturn]] bool other() const {
    malformed(path_, "is not of the form {\"data\": [numbers from 0 to 1]}");
  }
  bool next(int from, int to) {
    if (at_ != from) other();
    at_ = to;
    return true;
  }
  bool pixel(double v) {
    if (at_ != 3 || !(v >= 0 && v <= 1)) other();
    out_.push_back(static_cast<uint8_t>(std::lround(255 * v)));
    return true;
  }

  std::vector<uint8_t>& out_;
  const std::string& path_;
  int at_ = 0;  // before {, "data", [, inside, before }, after it
};
}  // namespace

ImageSet images_from_digits(const std::function<Bytes(const std::string& path)>& file,
                            const std::string& path) {
  ImageSet set;
  set.source = path;
  set.channels = 1;
  set.height = set.width = kSide;
  for (int digit = 0; digit < 10; ++digit) {
    const std::string name = path + "/" + std::to_string(digit) + ".json";
    const Bytes bytes = file(name);
    const size_t before = set.pixels.size();
    Pixels pixels(set.pixels, name);
    Json::sax_parse(bytes.begin(), bytes.end(), &pixels);
    const size_t values = set.pixels.size() - before;
    if (values == 0 || values % (kSide * kSide) != 0)
      malformed(name, "holds " + std::to_string(values) +
                          " numbers; images of 28 x 28 pixels have 784 each");
    set.labels.insert(set.labels.end(), values / (kSide * kSide), digit);
    set.class_names.push_back(std::to_string(digit));
  }
  set.count = static_cast<int64_t>(set.labels.size());
  set.classes = 10;
  return set;
}

}  // namespace assay::data
