// Which samples are hallucinated, from a file: what people have who judged images themselves.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace diffusion {

/// `count` labels, 1: hallucinated, 0: in the support. NPY of bools or whole numbers (count,), or
/// text with one number a line (CSV: the last field), after a header line if there is one.
/// std::invalid_argument with the path if there are others than 0 and 1, or another number of them.
std::vector<uint8_t> read_labels(const std::string& path, int64_t count);

}  // namespace diffusion
