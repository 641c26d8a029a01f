/* One function whose type reaches every type of the ABI. */
#include <assay/assay.h>

ASSAY_EXPORT int assay_abi_witness(const assay_plugin* plugin, const assay_job* job,
                                   const assay_host* host, const assay_estimate* estimate) {
  return !plugin + !job + !host + !estimate;
}
