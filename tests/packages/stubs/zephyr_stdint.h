// A stub, not Zephyr's: as its own header of that name, makes int32_t an int and int64_t a long long, whatever they are
// to the compiler.
#undef __INT32_TYPE__
#undef __UINT32_TYPE__
#undef __INT64_TYPE__
#undef __UINT64_TYPE__
#define __INT32_TYPE__ int
#define __UINT32_TYPE__ unsigned int
#define __INT64_TYPE__ long long int
#define __UINT64_TYPE__ long long unsigned int
