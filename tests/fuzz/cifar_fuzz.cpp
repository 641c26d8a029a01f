// A CIFAR batch, written short: each byte of the input becomes a label, or a run of pixels that is
// cut by the last byte, so that libFuzzer reaches whole records with small inputs. gzip too.
#include "plugins/common/data/cifar.hpp"
#include "plugins/common/data/gzip.hpp"
#include "tests/fuzz/reader_fuzz.hpp"

using namespace assay::data;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Cifar kind = data[0] % 2 == 0 ? Cifar::ten : Cifar::hundred;
  Bytes records;
  const size_t labels = kind == Cifar::ten ? 1 : 2;
  for (size_t i = 2; i + labels <= size && i < 64; i += labels) {
    records.insert(records.end(), data + i, data + i + labels);
    records.insert(records.end(), 3072, data[i]);
  }
  for (int cut = data[1] % 3; cut > 0 && !records.empty(); --cut) records.pop_back();
  fuzz::check_reader([&] { return images_from_cifar(records, kind, "f"); });
  return fuzz::check_reader([&] {
    const View packed(data, size);
    return images_from_cifar(
        is_gzip(packed) ? gunzip(packed, "f") : Bytes(packed.begin(), packed.end()), kind, "f");
  });
}
