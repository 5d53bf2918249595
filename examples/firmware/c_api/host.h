/* What the emulator's host does for a program in C: files and console, by ../semihosting.hpp and ../line.hpp.
 * A firmware with a sensor does without. */
#ifndef THRUM_EXAMPLES_FIRMWARE_C_API_HOST_H
#define THRUM_EXAMPLES_FIRMWARE_C_API_HOST_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The program: what the start-up code calls once memory is set up. Returns the exit status. */
int firmware_main(void);

#define HOST_NO_FILE UINT32_MAX

/* Opens a file for reading; HOST_NO_FILE when it is not there. */
uint32_t host_open(const char* path);

/* Bytes that were read: fewer than asked for at the end of the file. */
uint32_t host_read(uint32_t file, void* data, uint32_t bytes);

/* Pieces of one line, printed by host_end_line(); as those of Line. */
void host_text(const char* text);
void host_column(uint32_t width);
void host_number(int64_t value);
void host_hex(uint32_t value);
void host_decimal(float value);
void host_end_line(void);

#ifdef __cplusplus
}
#endif

#endif /* THRUM_EXAMPLES_FIRMWARE_C_API_HOST_H */
