// Counts the instructions of one kernel on one board. Prints a line an input:
//   instructions N units U input I
// With the word `trace` on the command line, and a number, it does not count, but runs that input once, for
// an execution trace.

#include <stdint.h>
#include <string.h>

#include "instruction_counter.hpp"
#include "kernel.hpp"
#include "line.hpp"
#include "semihosting.hpp"
#include "startup.hpp"

namespace {

/// A tick of SysTick is some 40 instructions long; the mean of runs that begin anywhere within one is finer.
constexpr uint32_t runs = 128;

InstructionCounter bench_counter;
char bench_command_line[128];

/// Makes runs begin anywhere within a tick.
void pass_time(uint32_t rounds) {
  for (volatile uint32_t round = 0; round < rounds; round = round + 1) {
  }
}

void run_nothing() {}

int number_at(const char* digits) {
  int number = 0;
  for (; *digits >= '0' && *digits <= '9'; ++digits) number = number * 10 + (*digits - '0');
  return number;
}

uint64_t ticks_of(void (*run)(), int input, uint32_t count) {
  void (*volatile const hidden)() = run;  // so that a call is a call
  uint64_t ticks = 0;
  for (uint32_t i = 0; i < count; ++i) {
    bench_prepare(input);
    pass_time(i % 41);
    const uint32_t before = bench_counter.now();
    hidden();
    ticks += InstructionCounter::ticks_between(before, bench_counter.now());
  }
  return ticks;
}

/// Few runs will do where a tick is nothing beside a run.
uint32_t runs_of(int input) { return ticks_of(bench_run, input, 1) > 2000 ? 1 : runs; }

uint64_t instructions(void (*run)(), int input, uint32_t count) {
  const uint64_t all = bench_counter.instructions(ticks_of(run, input, count));
  return (all + count / 2) / count;
}

}  // namespace

extern "C" {
/// Where the trace of a run begins and ends.
[[gnu::noinline]] void bench_trace_begins() { __asm__ volatile("" ::: "memory"); }
[[gnu::noinline]] void bench_trace_ends() { __asm__ volatile("" ::: "memory"); }
}

int firmware_main() {
  if (!semihosting::command_line(bench_command_line, sizeof(bench_command_line))) return 1;
  if (const char* const word = strstr(bench_command_line, "trace ")) {
    bench_prepare(number_at(word + 6));
    bench_trace_begins();
    bench_run();
    bench_trace_ends();
    return 0;
  }
  bench_counter.start();
  for (int input = 0; input < bench_inputs; ++input) {
    const uint64_t calls = instructions(run_nothing, input, runs);
    const uint64_t all = instructions(bench_run, input, runs_of(input));
    Line line;
    line.text("instructions ").number(all > calls ? all - calls : 0);
    line.text(" units ").number(bench_units).text(" input ").number(input).end();
  }
  return 0;
}
