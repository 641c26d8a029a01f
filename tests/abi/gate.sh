#!/bin/sh
# gate.sh COMPILER ABIDIFF INCLUDE: the header in INCLUDE, built for minor version 0, has the layout
# of the frozen copy assay-0.h. A field may only be added inside `#if ASSAY_ABI_MINOR >= N`.
set -e
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/frozen/assay"
cp "$here/assay-0.h" "$work/frozen/assay/assay.h"
for which in frozen today; do
  include=$3
  [ $which = frozen ] && include=$work/frozen
  "$1" -g -shared -fPIC -DASSAY_ABI_MINOR=0 -I"$include" -o "$work/$which.so" "$here/witness.c"
done
"$2" --no-show-locs "$work/frozen.so" "$work/today.so"
# The gate itself works: a field that moves is found.
sed 's/uint64_t seed; /uint32_t seed; /' "$here/assay-0.h" > "$work/frozen/assay/assay.h"
"$1" -g -shared -fPIC -I"$work/frozen" -o "$work/moved.so" "$here/witness.c"
if "$2" --no-show-locs "$work/frozen.so" "$work/moved.so" > /dev/null; then
  echo "abidiff does not notice a field that moved"
  exit 1
fi
