#!/usr/bin/env python3
"""cycles_test.py FOLDER: what cycles.py in FOLDER makes of small traces whose cycles can be counted by hand."""
import sys

sys.path.insert(0, sys.argv[1])
import cycles  # noqa: E402

failures = 0


def expect(what, found, expected):
    global failures
    if found != expected:
        failures += 1
        print(f"FAILED: {what}: expected {expected}, found {found}")


def program(*lines):
    """Instructions of four bytes each from address 0, by their text."""
    return {4 * i: cycles.Instruction(4 * i, 4, *(line.split(" ", 1) + [""])[:2]) for i, line in enumerate(lines)}


def straight(instructions, core):
    """Cycles of all but the last, which only ends the trace."""
    addresses = sorted(instructions)
    return cycles.weigh({pair: 1 for pair in zip(addresses, addresses[1:])}, instructions, core)


END = "nop"
expect("integer arithmetic", straight(program("adds r0, r1, r2", "eor.w r0, r0, r3", END), "m4"), (2, 2))
expect("a load alone", straight(program("ldr r0, [r1, #0]", "adds r2, r0, r0", END), "m4"), (2, 3))
expect("neighbouring loads", straight(program("vldr s0, [r1]", "vldr s1, [r1, #4]", "vldr s2, [r1, #8]", END), "m4"), (3, 4))
expect("an address just computed", straight(program("adds r1, r1, r2", "ldr r0, [r1, #0]", END), "m4"), (2, 4))
expect("a store", straight(program("nop", "str r0, [r1, #4]", END), "m4"), (2, 2))
expect("a fused product", straight(program("vfma.f32 s0, s1, s2", END), "m4"), (1, 3))
expect("a result that is waited for", straight(program("vmul.f32 s0, s1, s2", "vadd.f32 s3, s0, s4", END), "m4"), (2, 3))
expect("an addend is not", straight(program("vmul.f32 s0, s1, s2", "vfma.f32 s0, s3, s4", END), "m4"), (2, 4))
expect("a division", straight(program("vdiv.f32 s0, s1, s2", END), "m4"), (1, 14))
expect("several registers", straight(program("push {r4, r5, r6, lr}", "vpush {d8-d9}", END), "m4"), (2, 10))
expect("the M0 loads slower", straight(program("ldr r0, [r1, #0]", "ldr r2, [r1, #4]", END), "m0"), (2, 4))
expect("no table, no estimate", straight(program("adds r0, r1, r2", END), "m7"), (1, None))

loop = program("subs r0, #1", "bne.n 0", END)
expect("taken branches refill", cycles.weigh({(0, 4): 3, (4, 0): 2, (4, 8): 1}, loop, "m4"), (6, 3 + 2 * 3 + 1))

trace = [b"Trace 0: 0x7f [0/%08x/0/0] \n" % address for address in (0, 4, 100, 8, 12, 8, 12, 200, 4)]
trace.insert(5, b"Stopped execution of TB chain before 0x7f [8] \n")
trace.insert(5, trace[3])
expect("a trace between two marks", cycles.read_trace(trace, 100, 200),
       [{(100, 8): 1, (8, 12): 2, (12, 8): 1, (12, 200): 1}])

sys.exit(1 if failures else 0)
