# To be sourced: lets OpenBLAS use the processor it runs on. Debian 12's does not know newer ones and would fall back to
# SSE on them.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
if grep -qw avx512f /proc/cpuinfo; then
  export OPENBLAS_CORETYPE=SKYLAKEX
elif grep -qw avx2 /proc/cpuinfo; then
  export OPENBLAS_CORETYPE=HASWELL
fi
