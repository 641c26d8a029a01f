/* A library that is no plugin; with FUTURE, one of a later ABI. */
#ifdef FUTURE
const void* assay_plugin_v2(const void* host) { return host; }
#else
int answer(void) { return 42; }
#endif
