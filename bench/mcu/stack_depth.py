#!/usr/bin/env python3
"""Stack of the worst call chain, from GCC's -fcallgraph-info=su,da (GCC 10 or newer).

  stack_depth.py FUNCTION ELF CI...

prints "stack_bytes N" and the chain. FUNCTION: a linker symbol. Frames of functions that GCC did not compile here (the C
library, soft floating point) are read off the disassembly of ELF. Exit status 1, with the reason, when a frame's size
is not known at compile time, for recursion and for calls through pointers.
"""
import re
import subprocess
import sys


class StackError(Exception):
    pass


def read_callgraph(paths):
    """frames: bytes by function; calls: callees by function."""
    frames, calls = {}, {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                node = re.match(r'node: \{ title: "([^"]+)" label: "([^"]*)"', line)
                edge = re.match(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', line)
                if node:
                    usage = re.search(r"(\d+) bytes \((\S+?)\)", node.group(2))
                    if usage:
                        name = plain(node.group(1))
                        frames[name] = int(usage.group(1))
                        if usage.group(2) != "static":
                            frames[name] = StackError(f"{name}: its stack is {usage.group(2)}, not static")
                elif edge:
                    calls.setdefault(plain(edge.group(1)), set()).add(plain(edge.group(2)))
    return frames, calls


def plain(title):
    """The linker symbol: static functions have their file before it."""
    return title.rsplit(":", 1)[-1]


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read_library(elf):
    """Frames and calls of every function in an image, by its instructions; names that share an address share both."""
    functions, name = {}, None  # frame and called addresses by address
    for line in output_of("arm-none-eabi-objdump", "-d", "--no-show-raw-insn", elf).splitlines():
        header = re.match(r"([0-9a-f]+) <.+>:$", line)
        if header:
            name = int(header.group(1), 16)
            functions[name] = [0, set()]
        elif name is not None:
            functions[name][0] += pushed(line)
            target = re.search(r"\tb\S*\s+(?:r\d+, )?([0-9a-f]+) <", line)
            if target:
                functions[name][1].add(int(target.group(1), 16))
    names = {}  # by address
    for line in output_of("arm-none-eabi-nm", elf).splitlines():
        words = line.split()
        if len(words) == 3 and words[1] in "tTwW" and int(words[0], 16) & ~1 in functions:
            names.setdefault(int(words[0], 16) & ~1, []).append(words[2])
    frames, calls = {}, {}
    for address, (frame, targets) in functions.items():
        for own in names.get(address, ()):
            frames[own] = frame
            # Jumps within a function, or to its own beginning, are loops.
            calls[own] = {names[target][0] for target in targets if target in names and target != address}
    return frames, calls


def pushed(line):
    """Bytes that an instruction takes from the stack."""
    registers = re.search(r"\t(?:push|stmdb\s+sp!,|vpush)\S*\s*\{(.*?)\}", line)
    if registers:
        total = 0
        for part in registers.group(1).split(","):
            ends = re.findall(r"\d+", part)
            wide = 8 if part.strip().startswith("d") else 4
            total += wide * (int(ends[1]) - int(ends[0]) + 1 if len(ends) == 2 else 1)
        return total
    lowered = re.search(r"\tsubw?\S*\s+sp, (?:sp, )?#(\d+)", line)
    stored = re.search(r"\[sp, #-(\d+)\]!", line)
    return int((lowered or stored).group(1)) if lowered or stored else 0


def worst_chain(function, frames, calls, above=()):
    """(bytes, names) of the deepest chain from `function` down."""
    if function in above:
        raise StackError("recursion: " + " -> ".join((*above, function)))
    if function == "__indirect_call":
        raise StackError(f"{above[-1]}: a call through a pointer")
    if function not in frames:
        raise StackError(f"{function}: nothing is known of its stack")
    if isinstance(frames[function], StackError):
        raise frames[function]
    deepest = (0, ())
    for callee in sorted(calls.get(function, ())):
        deepest = max(deepest, worst_chain(callee, frames, calls, (*above, function)))
    return frames[function] + deepest[0], (function, *deepest[1])


def stack_of(function, elf, callgraphs):
    frames, calls = read_library(elf)
    own_frames, own_calls = read_callgraph(callgraphs)
    for name in own_frames:
        # GCC also lists routines of the run-time library that it thought of and then did without.
        calls[name] = {callee for callee in own_calls.get(name, set())
                       if callee in frames or not callee.startswith("__aeabi_")}
    frames.update(own_frames)
    return worst_chain(function, frames, calls)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        size, chain = stack_of(sys.argv[1], sys.argv[2], sys.argv[3:])
    except StackError as error:
        sys.exit(str(error))
    print("stack_bytes", size)
    print(" -> ".join(chain))
