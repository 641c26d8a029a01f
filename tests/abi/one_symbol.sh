#!/bin/sh
# Every NAME.so below the given folders, but those in odd/, exports assay_plugin_v0 and nothing else.
found=0 bad=0
for library in $(find "$@" -name odd -prune -o -name '*.so' -print 2>/dev/null); do
  found=$((found + 1))
  symbols=$(nm -D --defined-only "$library" | awk '{ print $3 }')
  if [ "$symbols" != assay_plugin_v0 ]; then
    bad=1
    echo "$library exports:" $symbols
  fi
done
echo "$found plugins looked at"
[ "$found" -gt 0 ] && [ "$bad" = 0 ]
