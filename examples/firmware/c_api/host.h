/* What the emulator's host does for a program in C: files and console, by ../semihosting.hpp and ../line.hpp.
 * A firmware with a sensor does without. */
#ifndef THRUM_EXAMPLES_FIRMWARE_C_API_HOST_H
#define THRUM_EXAMPLES_FIRMWARE_C_API_HOST_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The program: what the start-up code calls once memory is set up. Returns the exit status. */
int firmware_main(void);

#define HOST_NO_FILE UINT32_MAX

/* Opens a file for reading; HOST_NO_FILE when it is not there. */
uint32_t host_open(const char* path);

/* The same of one that is changed; host_close() keeps the changes. */
uint32_t host_open_to_change(const char* path);
void host_close(uint32_t file);

/* Bytes that were read: fewer than asked for at the end of the file. */
uint32_t host_read(uint32_t file, void* data, uint32_t bytes);

/* From byte `position` on; whether all were written. */
bool host_write_at(uint32_t file, uint32_t position, const void* data, uint32_t bytes);

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
