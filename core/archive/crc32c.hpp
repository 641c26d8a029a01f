// CRC-32C (Castagnoli): what guards each record of the journal.
#pragma once
#include <cstddef>
#include <cstdint>

namespace assay {

/// CRC-32C of `bytes` bytes as iSCSI (RFC 3720) defines it: "123456789" gives 0xe3069283.
uint32_t crc32c(const void* data, size_t bytes);
/// The same of four words, from registers: what a row of a metric needs.
uint32_t crc32c_words(uint64_t a, uint64_t b, uint64_t c, uint64_t d);
/// The same by a table: what machines without SSE4.2 use.
uint32_t crc32c_by_table(const void* data, size_t bytes);

}  // namespace assay
