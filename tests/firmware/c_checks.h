/* Checks of a test in C, which count, and print the line of each that does not hold. */

#ifndef THRUM_TESTS_C_CHECKS_H
#define THRUM_TESTS_C_CHECKS_H

#include <stdbool.h>

#include "host.h"

static int checks, failures;

static void check_at(int line, bool holds) {
  ++checks;
  if (holds) return;
  ++failures;
  host_text("FAILED: line ");
  host_number(line);
  host_end_line();
}
#define CHECK(condition) check_at(__LINE__, condition)

/* Says how many held; the exit status, 0 when all did. */
static int end_checks(void) {
  host_number(checks - failures);
  host_text(" of ");
  host_number(checks);
  host_text(failures == 0 ? " checks hold, all of them" : " checks hold");
  host_end_line();
  return failures == 0 ? 0 : 1;
}

#endif
