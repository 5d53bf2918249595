// Linked into the firmware to show that symbols.sh notices what must not be there.

extern "C" double* uses_heap_and_double(double x);

extern "C" double* uses_heap_and_double(double x) { return new double(x * x); }
