"""Builds and runs the kernels of kernels.txt on boards that QEMU knows, and holds them against goals.txt.

Called by bench/mcu.sh, which says how.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

import cycles
import image_size
import stack_depth

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FIRMWARE = os.path.join(ROOT, "examples", "firmware")

Board = collections.namedtuple("Board", "core flags large")
BOARDS = {
    "microbit": Board("cortex-m0", ["-masm-syntax-unified"], False),
    "mps2-an385": Board("cortex-m3", [], True),
    "mps2-an386": Board("cortex-m4", ["-mfloat-abi=hard"], True),
    "mps2-an500": Board("cortex-m7", ["-mfloat-abi=hard"], True),
    "mps2-an505": Board("cortex-m33", ["-mfloat-abi=hard"], True),
    "mps3-an547": Board("cortex-m55", ["-mfloat-abi=hard"], True),
}
Kernel = collections.namedtuple("Kernel", "name source obvious less boards flags")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wdouble-promotion",
            "-Werror"]
LONGEST_TRACE = 4_000_000  # instructions of one run; a longer one is not traced


def read_words(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return [line.split() for line in file if line.strip() and not line.startswith("#")]


def read_kernels():
    return [Kernel(*words[:5], words[5:]) for words in read_words("kernels.txt")]


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{result.stdout}{result.stderr}")
    return result.stdout


class Build:
    """Images for one board with one optimisation level."""

    def __init__(self, board, level, folder):
        self.board, self.level, self.folder = board, level, folder
        self.without = None

    def compile(self, source, name, flags):
        target = os.path.join(self.folder, f"{self.board}{self.level}.{name}.o")
        machine = BOARDS[self.board]
        run(["arm-none-eabi-g++", "-std=c++17", self.level, f"-mcpu={machine.core}", "-mthumb", *machine.flags,
             "-fno-exceptions", "-fno-rtti", "-fno-math-errno", "-ffunction-sections", "-fdata-sections", *WARNINGS,
             "-fcallgraph-info=su,da", f"-I{ROOT}/include", f"-I{HERE}", f"-I{FIRMWARE}", *flags, "-c", source, "-o",
             target])
        return target

    def link(self, source, name, flags):
        """The image of one kernel; beside it its map and call graph."""
        common = [self.common(file) for file in
                  (f"{FIRMWARE}/startup.cpp", f"{FIRMWARE}/line.cpp", f"{HERE}/main.cpp")]
        kernel = self.compile(os.path.join(HERE, source), name, flags)
        elf = kernel[:-2] + ".elf"
        machine = BOARDS[self.board]
        run(["arm-none-eabi-g++", f"-mcpu={machine.core}", "-mthumb", *machine.flags, kernel, *common, "-o", elf,
             "-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections,--fatal-warnings", f"-Wl,-Map={elf}.map",
             f"-L{FIRMWARE}", f"-T{FIRMWARE}/{self.board}.ld"])
        return elf

    def common(self, source):
        name = "common." + os.path.basename(source)
        path = os.path.join(self.folder, f"{self.board}{self.level}.{name}.o")
        return path if os.path.exists(path) else self.compile(source, name, [])

    def sizes(self, elf):
        if self.without is None:
            self.without = image_size.sizes(self.link("nothing.cpp", "nothing", []) + ".map")
        own = image_size.sizes(elf + ".map")
        return {name: own[name] - self.without[name] for name in own}


def qemu(board, elf, words, more=()):
    arguments = ",".join("arg=" + word for word in ["firmware", *words])
    # -icount shift=0: an instruction takes a nanosecond of the board's time.
    return ["qemu-system-arm", "-machine", board, "-kernel", elf, "-icount", "shift=0", "-nographic", "-monitor", "none",
            "-serial", "none", "-chardev", "stdio,id=console", "-semihosting-config",
            "enable=on,target=native,chardev=console," + arguments, *more]


def count(board, elf):
    """Instructions of the worst input, by how many units they are to be divided, and which input it is."""
    output = run(qemu(board, elf, []))
    found = [tuple(map(int, match)) for match in re.findall(r"instructions (\d+) units (\d+) input (\d+)", output)]
    if not found:
        sys.exit(f"{elf} on {board}: {output}")
    return max(found)


def trace(board, elf, core, worst):
    """Instructions and cycles of one input."""
    instructions, symbols = cycles.disassemble(elf)
    with tempfile.TemporaryDirectory() as folder:
        pipe = os.path.join(folder, "trace")
        os.mkfifo(pipe)
        command = qemu(board, elf, ["trace", str(worst)], ["-singlestep", "-d", "exec,nochain", "-D", pipe])
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
            with open(pipe, "rb") as lines:
                runs = cycles.read_trace(lines, symbols["bench_trace_begins"], symbols["bench_trace_ends"])
        if process.returncode != 0 or len(runs) != 1:
            sys.exit(f"{' '.join(command)} failed")
    return cycles.weigh(runs[0], instructions, core)


def measure(build, kernel, variant="", flags=()):
    """A record, without what `less` takes off."""
    elf = build.link(kernel.source, kernel.name + variant, [*kernel.flags, *flags])
    total, units, worst = count(build.board, elf)
    core = cycles.CORES.get(BOARDS[build.board].core)
    estimate = None
    if core and total <= LONGEST_TRACE:
        traced, estimate = trace(build.board, elf, core, worst)
        # The two counts are independent; the trace also has the call.
        if abs(traced - total) > 25 + total // 100:
            sys.exit(f"{elf}: SysTick counts {total} instructions, the trace {traced}")
    size = build.sizes(elf)
    callgraphs = [elf[:-4] + ".ci"]
    stack, _ = stack_depth.stack_of("_Z9bench_runv", elf, callgraphs)
    per = (lambda value: None if value is None else round(value / units, 1)) if units > 1 else lambda value: value
    return {"board": build.board, "kernel": kernel.name + variant, "optimisation": build.level,
            "instructions": per(total), "cycles_estimate": per(estimate),
            "flash_bytes": size["code_bytes"] + size["table_bytes"], "ram_bytes": size["ram_bytes"],
            "stack_bytes": stack, "code_bytes": size["code_bytes"], "table_bytes": size["table_bytes"]}


def minus(record, other):
    """What a record has beyond another; the stack is that of the whole."""
    result = dict(record)
    for name in ("instructions", "cycles_estimate", "flash_bytes", "ram_bytes", "code_bytes", "table_bytes"):
        if record[name] is not None and other[name] is not None:
            result[name] = round(record[name] - other[name], 1)
        else:
            result[name] = None
    return result


def measure_all(boards, levels, wanted, folder):
    records = {}
    for board in boards:
        for level in levels:
            build = Build(board, level, folder)
            whole = {}
            for kernel in read_kernels():
                if kernel.boards == "large" and not BOARDS[board].large:
                    continue
                needed = not wanted or kernel.name in wanted or any(
                    other.less == kernel.name and other.name in wanted for other in read_kernels())
                if not needed:
                    continue
                print(f"{board} {level} {kernel.name}", file=sys.stderr)
                record = whole[kernel.name] = measure(build, kernel)
                if kernel.less != "-":
                    record = minus(record, whole[kernel.less])
                records[board, level, kernel.name] = record
                if kernel.obvious != "-":
                    obvious = measure(build, kernel, "_obvious", [kernel.obvious])
                    records[board, level, obvious["kernel"]] = obvious
    return records


def cell(value):
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def print_goals(records):
    print("\n| kernel | figure | board | goal | reached | | obvious loop |\n|---|---|---|--:|--:|---|--:|")
    for kernel, figure, boards, goal in read_words("goals.txt"):
        for board in boards.split(","):
            record = records.get((board, "-O2", kernel))
            if record is None:
                continue
            obvious = records.get((board, "-O2", kernel + "_obvious"))
            value = record[figure]
            verdict = "yes" if value is not None and value <= int(goal) else "NO"
            print(f"| {kernel} | {figure} | {board} | {int(goal):,} | {cell(value)} | {verdict} | "
                  f"{cell(obvious[figure]) if obvious else '-'} |")


def print_records(records):
    print("\n| kernel | board | -O | instructions | M-cycles, estimated | obvious loop | its cycles | code | tables | RAM "
          "| stack |\n|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for (board, level, kernel), record in records.items():
        if kernel.endswith("_obvious"):
            continue
        obvious = records.get((board, level, kernel + "_obvious"), {})
        values = [record["instructions"], record["cycles_estimate"], obvious.get("instructions"),
                  obvious.get("cycles_estimate"), record["code_bytes"], record["table_bytes"], record["ram_bytes"],
                  record["stack_bytes"]]
        print(f"| {kernel} | {board} | {level[2:]} | " + " | ".join(map(cell, values)) + " |")


GRID_FEATURES = (4, 8, 16, 33, 64, 128)
GRID_CLUSTERS = (1, 4, 8, 16, 32, 64)


def draw(records, folder, output):
    """The pictures, beside `output`: of scores on each board, and of scores of many sizes on a Cortex-M4F."""
    bars = os.path.join(folder, "bars.txt")
    with open(bars, "w", encoding="utf-8") as file:
        for board, machine in BOARDS.items():
            found = [records.get((board, "-O2", kernel + variant)) for kernel in
                     ("score_f32_33x32", "score_f32_exact_33x32") for variant in ("_obvious", "")]
            if "-mfloat-abi=hard" in machine.flags and all(found):
                print(f'"{machine.core}"', *(record["instructions"] for record in found), file=file)
    grid = os.path.join(folder, "grid.txt")
    build = Build("mps2-an386", "-O2", folder)
    with open(grid, "w", encoding="utf-8") as file:
        print("d", *(f'"{k} classes"' if k > 1 else '"1 class"' for k in GRID_CLUSTERS), file=file)
        for d in GRID_FEATURES:
            counts = []
            for k in GRID_CLUSTERS:
                flags = ["-ffp-contract=off", f"-DBENCH_FEATURES={d}", f"-DBENCH_CLUSTERS={k}"]
                counts.append(count(build.board, build.link("score.cpp", "grid", flags))[0])
            print(d, *counts, file=file, flush=True)
    run(["gnuplot", "-c", os.path.join(HERE, "pictures.gp"), bars, grid, output + "_scores.png", output + "_sizes.png"])


def main():
    parser = argparse.ArgumentParser(prog="mcu.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--board", action="append", choices=BOARDS, help="only this board; may be repeated")
    parser.add_argument("--kernel", action="append", help="only this kernel; may be repeated")
    parser.add_argument("--fast", action="store_true", help="only -O2")
    parser.add_argument("--pictures", action="store_true", help="also draws build/mcu_scores.png and mcu_sizes.png")
    parser.add_argument("--output", default=os.path.join(ROOT, "build", "mcu.json"))
    options = parser.parse_args()
    unknown = set(options.kernel or ()) - {kernel.name for kernel in read_kernels()}
    if unknown:
        parser.error("no such kernel: " + ", ".join(sorted(unknown)))
    with tempfile.TemporaryDirectory() as folder:
        records = measure_all(options.board or BOARDS, ["-O2"] if options.fast else ["-O2", "-Os"], options.kernel,
                              folder)
        os.makedirs(os.path.dirname(os.path.abspath(options.output)), exist_ok=True)
        if options.pictures:
            draw(records, folder, os.path.splitext(options.output)[0])
    with open(options.output, "w", encoding="utf-8") as file:
        json.dump(list(records.values()), file, indent=1)
        file.write("\n")
    print_goals(records)
    print_records(records)


if __name__ == "__main__":
    main()
